#compdef memplugctl
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Completion of memplugctl's verbs, options, files, blocks and devices, for zsh.
#
# Verbs and options, and what they are for, are read from --help.

# Sets 'reply' to the lines "NAME:HELP" of a part of --help: Verbs or Options.
_memplugctl_part()
{
	local line part
	local -a match mbegin mend

	reply=()
	for line in "${(@f)$(_call_program help memplugctl --help 2>/dev/null)}"; do
		if [[ $line == [A-Z]*: ]]; then
			part=${line%:}
		elif [[ $part == $1 && $line =~ '^  +(-h, +)?([a-z-]+)( [^ ]+)?  +(.*)$' ]]; then
			reply+=("$match[2]:$match[4]")
		fi
	done
}

# Sets 'reply' to the options that a verb takes; an empty word: before any verb.
_memplugctl_options_of()
{
	case $1 in
	status) reply=(--json --all --config --sysroot) ;;
	list) reply=(--json --all --bytes --no-legend --no-pager --config --sysroot) ;;
	devices) reply=(--json --bytes --no-legend --no-pager --sysroot) ;;
	map) reply=(--json --sysroot --width) ;;
	plan) reply=(--json --no-pager --config --sysroot --add) ;;
	explain) reply=(--json --no-pager --config --sysroot) ;;
	history) reply=(--json --no-pager --sysroot) ;;
	check-config) reply=(--json --strict --sysroot) ;;
	show-config) reply=(--json --no-pager --config --sysroot) ;;
	doctor) reply=(--json --no-pager --config --sysroot) ;;
	monitor) reply=(--json) ;;
	online) reply=(--json --zone) ;;
	offline) reply=(--json --sysroot --timeout --keep-partial --dry-run) ;;
	rezone) reply=(--json --timeout --to --force) ;;
	unplug) reply=(--json --timeout) ;;
	hold) reply=(--why) ;;
	reload | help) reply=() ;;
	*)
		_memplugctl_part Options
		reply=("${(@)reply%%:*}")
		;;
	esac
	reply+=(--help --version)
}

# Numbers of blocks, and names of devices; with an argument, those of nodes, too.
_memplugctl_memory()
{
	local line
	local -a words
	local -aU blocks nodes devices

	for line in "${(@f)$(_call_program blocks memplugctl list --all --no-legend 2>/dev/null)}"; do
		words=(${=line})
		blocks+=("$words[3]")
		[[ $words[4] == <-> ]] && nodes+=("node$words[4]")
	done
	for line in "${(@f)$(_call_program devices memplugctl devices --no-legend 2>/dev/null)}"; do
		[[ $line == -* ]] || devices+=("${${=line}[1]}")
	done
	compadd -- $blocks ${1:+$nodes} $devices
}

_memplugctl()
{
	local -a reply all
	local verb pattern i

	for ((i = 2; i < CURRENT; i++)); do
		case $words[i] in
		--config | --sysroot | --why | --zone | --width | --add | --timeout | --to) ((i++)) ;;
		-*) ;;
		*)
			verb=$words[i]
			break
			;;
		esac
	done

	case ${words[CURRENT - 1]}/${words[CURRENT]} in
	--config/*) _files && return ;;
	--sysroot/*) _files -/ && return ;;
	--zone/*) compadd -- movable kernel default && return ;;
	--add/*) compadd -S '' -- dimm: virtio-mem: dax: && return ;;
	--to/*) compadd -- kernel movable && return ;;
	--why/* | --width/* | --timeout/*) return ;;
	*/--config=*) compset -P '*=' && _files && return ;;
	*/--sysroot=*) compset -P '*=' && _files -/ && return ;;
	*/-*)
		_memplugctl_part Options
		all=("${reply[@]}")
		_memplugctl_options_of "$verb"
		pattern="(${(j:|:)reply}):*"
		reply=(${(M)all:#${~pattern}})
		_describe -o option reply
		return
		;;
	esac

	if [[ -z $verb ]]; then
		_memplugctl_part Verbs
		_describe verb reply
	elif [[ $verb == check-config ]]; then
		_files
	elif [[ $verb == explain || $verb == unplug ]]; then
		_memplugctl_memory
	elif [[ $verb == (online|offline|rezone) ]]; then
		_memplugctl_memory nodes
	elif [[ $verb == hold ]]; then
		_command_names -e
	fi
}

_memplugctl "$@"
