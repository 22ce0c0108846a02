# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Completion of memplugd's options, files and log levels.

_memplugd()
{
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}

	# "--config=FILE" is three words to bash.
	if [[ $word == = ]]; then
		word=
	elif [[ $before == = ]]; then
		before=${COMP_WORDS[COMP_CWORD - 2]}
	fi

	case $before in
	-c | --config)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		;;
	--log-level)
		mapfile -t COMPREPLY < <(compgen -W \
			'debug info notice warning err crit alert emerg' -- "$word")
		;;
	*)
		mapfile -t COMPREPLY < <(compgen -W \
			'--config --help --log-level --put-back --service --version' -- "$word")
		;;
	esac
}

complete -F _memplugd memplugd
