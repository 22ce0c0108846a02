# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Completion of memplugctl's verbs, options and files.

# Prints the first word that is neither an option nor the argument of one.
_memplugctl_verb()
{
	local i

	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--config | --sysroot | --why | --zone)
			i=$((i + 1))
			[[ ${COMP_WORDS[i]} == = ]] && i=$((i + 1))
			;;
		-*) ;;
		*)
			echo "${COMP_WORDS[i]}"
			return
			;;
		esac
	done
}

# Prints the nodes, devices and blocks of this machine.
_memplugctl_what()
{
	local path

	for path in /sys/devices/system/node/node[0-9]* /sys/devices/system/memory/memory[0-9]*; do
		[[ -e $path ]] && echo "${path##*/}"
	done
	memplugctl devices --no-legend 2>/dev/null | while read -r path _; do
		[[ $path == - ]] || echo "$path"
	done
}

_memplugctl()
{
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
	local verb options='--help --version'

	# "--config=FILE" is three words to bash.
	if [[ $word == = ]]; then
		word=
	elif [[ $before == = ]]; then
		before=${COMP_WORDS[COMP_CWORD - 2]}
	fi

	case $before in
	--config)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		return
		;;
	--sysroot)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -d -- "$word")
		return
		;;
	--zone)
		mapfile -t COMPREPLY < <(compgen -W 'movable kernel default' -- "$word")
		return
		;;
	--why)
		COMPREPLY=()
		return
		;;
	esac

	verb=$(_memplugctl_verb)
	case $verb in
	'') options+=' --json --all --bytes --no-legend --no-pager --strict --zone --why --config --sysroot' ;;
	status) options+=' --json --all --config --sysroot' ;;
	list) options+=' --json --all --bytes --no-legend --no-pager --config --sysroot' ;;
	history) options+=' --json --no-pager --sysroot' ;;
	devices) options+=' --json --bytes --no-legend --no-pager --sysroot' ;;
	check-config) options+=' --json --strict --sysroot' ;;
	monitor) options+=' --json' ;;
	online) options+=' --json --zone' ;;
	hold) options+=' --why' ;;
	show-config) options+=' --json --no-pager --config --sysroot' ;;
	esac

	# What is held for is a command line of its own.
	if [[ $verb == hold && $word != -* ]]; then
		mapfile -t COMPREPLY < <(compgen -c -- "$word")
	elif [[ $word == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
	elif [[ -z $verb ]]; then
		mapfile -t COMPREPLY < <(compgen -W 'status list devices history check-config show-config monitor online hold reload help' \
			-- "$word")
	elif [[ $verb == online ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_memplugctl_what)" -- "$word")
	elif [[ $verb == check-config ]]; then
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
	else
		COMPREPLY=()
	fi
}

complete -F _memplugctl memplugctl
