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
		--config | --sysroot)
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

# Prints the blocks and the devices that have memory.
_memplugctl_memory()
{
	local block

	for block in /sys/devices/system/memory/memory[0-9]*; do
		[[ -d $block ]] && echo "${block##*/}"
	done
	memplugctl devices --no-legend 2>/dev/null | while read -r block _; do
		[[ $block == - ]] || echo "$block"
	done
}

# Completes what can be explained: of this machine, whatever --sysroot says. To bash, "PNP0C80:00" is
# three words, and only the last one is replaced.
_memplugctl_explain()
{
	local word=$1 before=$2 prefix=

	if [[ $word == : ]]; then
		prefix=$before:
		word=
	elif [[ $before == : ]]; then
		prefix=${COMP_WORDS[COMP_CWORD - 2]}:
	fi

	mapfile -t COMPREPLY < <(compgen -W "$(_memplugctl_memory)" -- "$prefix$word")
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
	esac

	verb=$(_memplugctl_verb)
	case $verb in
	'') options+=' --json --all --bytes --no-legend --strict --config --sysroot' ;;
	status) options+=' --json --all --config --sysroot' ;;
	list) options+=' --json --all --bytes --no-legend --config --sysroot' ;;
	explain) options+=' --json --config --sysroot' ;;
	history) options+=' --json --sysroot' ;;
	devices) options+=' --json --bytes --no-legend --sysroot' ;;
	check-config) options+=' --json --strict --sysroot' ;;
	show-config) options+=' --json --config --sysroot' ;;
	esac

	if [[ $word == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
	elif [[ -z $verb ]]; then
		mapfile -t COMPREPLY < <(compgen -W 'status list devices explain history check-config show-config help' \
			-- "$word")
	elif [[ $verb == explain ]]; then
		_memplugctl_explain "$word" "$before"
	elif [[ $verb == check-config ]]; then
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
	else
		COMPREPLY=()
	fi
}

complete -F _memplugctl memplugctl
