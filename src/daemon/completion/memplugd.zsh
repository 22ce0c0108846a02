#compdef memplugd
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Completion of memplugd's options, files and log levels, for zsh.

_arguments \
	'(-c --config)'{-c,--config=}'[read this config alone, not the usual files]:file:_files' \
	'--put-back[put back what a memplugd left of the settings of the kernel]' \
	'--service[leave that to memplugd-put-back.service at the end]' \
	'--log-level=[tell what is as important as that]:level:(debug info notice warning err crit alert emerg)' \
	'(-h --help)'{-h,--help}'[print the options]' \
	'--version[print the version]'
