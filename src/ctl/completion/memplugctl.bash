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

# The verbs whose argument is a block or a device.
_memplugctl_verbs_of_blocks=()

# Prints the numbers of the blocks, and the names of the devices.
_memplugctl_blocks()
{
	memplugctl list --all --no-legend 2>/dev/null | awk '{ print $3 }'
	memplugctl devices --no-legend 2>/dev/null | awk '$1 != "-" { print $1 }'
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
	history) options+=' --json --sysroot' ;;
	devices) options+=' --json --bytes --no-legend --sysroot' ;;
	check-config) options+=' --json --strict --sysroot' ;;
	doctor) options+=' --json --config --sysroot' ;;
	show-config) options+=' --json --config --sysroot' ;;
	esac

	if [[ $word == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
	elif [[ -z $verb ]]; then
		mapfile -t COMPREPLY < <(compgen -W 'status list devices history check-config show-config doctor help' \
			-- "$word")
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
