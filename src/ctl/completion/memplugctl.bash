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
		--config | --sysroot | --why | --zone | --width | --add | --timeout | --to)
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

# Prints the numbers of the blocks and the names of the devices, and with "nodes" the nodes, too.
_memplugctl_memory()
{
	memplugctl list --all --no-legend 2>/dev/null | awk -v nodes="$1" '
		{ print $3 }
		nodes && $4 ~ /^[0-9]+$/ && !seen[$4]++ { print "node" $4 }'
	memplugctl devices --no-legend 2>/dev/null | awk '$1 != "-" { print $1 }'
}

# Completes those of this machine, whatever --sysroot says. To bash, "PNP0C80:00" is three words, and
# only the last one is replaced.
_memplugctl_what()
{
	local word=$1 before=$2 prefix=

	if [[ $word == : ]]; then
		prefix=$before:
		word=
	elif [[ $before == : ]]; then
		prefix=${COMP_WORDS[COMP_CWORD - 2]}:
	fi

	mapfile -t COMPREPLY < <(compgen -W "$(_memplugctl_memory "${3-}")" -- "$prefix$word")
	COMPREPLY=("${COMPREPLY[@]#"$prefix"}")
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
	--add)
		compopt -o nospace 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -W 'dimm: virtio-mem: dax:' -- "$word")
		return
		;;
	--to)
		mapfile -t COMPREPLY < <(compgen -W 'kernel movable' -- "$word")
		return
		;;
	--why | --width | --timeout)
		COMPREPLY=()
		return
		;;
	esac

	verb=$(_memplugctl_verb)
	case $verb in
	'') options+=' --json --all --bytes --no-legend --no-pager --strict --zone --why --config --sysroot --width --add --timeout --keep-partial --dry-run --to --force' ;;
	status) options+=' --json --all --config --sysroot' ;;
	list) options+=' --json --all --bytes --no-legend --no-pager --config --sysroot' ;;
	map) options+=' --json --sysroot --width' ;;
	plan) options+=' --json --no-pager --config --sysroot --add' ;;
	explain) options+=' --json --no-pager --config --sysroot' ;;
	history) options+=' --json --no-pager --sysroot' ;;
	devices) options+=' --json --bytes --no-legend --no-pager --sysroot' ;;
	check-config) options+=' --json --strict --sysroot' ;;
	doctor) options+=' --json --no-pager --config --sysroot' ;;
	monitor) options+=' --json' ;;
	online) options+=' --json --zone' ;;
	offline) options+=' --json --sysroot --timeout --keep-partial --dry-run' ;;
	rezone) options+=' --json --timeout --to --force' ;;
	unplug) options+=' --json --timeout' ;;
	hold) options+=' --why' ;;
	show-config) options+=' --json --no-pager --config --sysroot' ;;
	esac

	# What is held for is a command line of its own.
	if [[ $verb == hold && $word != -* ]]; then
		mapfile -t COMPREPLY < <(compgen -c -- "$word")
	elif [[ $word == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
	elif [[ -z $verb ]]; then
		mapfile -t COMPREPLY < <(compgen -W 'status list devices map plan explain history check-config show-config doctor monitor online offline rezone unplug hold reload help' \
			-- "$word")
	elif [[ $verb == explain || $verb == unplug ]]; then
		_memplugctl_what "$word" "$before"
	elif [[ $verb == online || $verb == offline || $verb == rezone ]]; then
		_memplugctl_what "$word" "$before" nodes
	elif [[ $verb == check-config ]]; then
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
	elif [[ " ${_memplugctl_verbs_of_blocks[*]} " == *" $verb "* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_memplugctl_blocks)" -- "$word")
	else
		COMPREPLY=()
	fi
}

complete -F _memplugctl memplugctl
