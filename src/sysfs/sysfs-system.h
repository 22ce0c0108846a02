#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the kernel tells of itself and of the processes that it runs, for whoever looks for what is
 * wrong. All functions answer 0 (or what is said) or a negative errno.
 */
#include "sysfs/sysfs.h"

/*
 * What the kernel was booted with, and what it says of itself besides: the text that it has, without
 * the last newline. -ENOENT: this kernel has no such thing.
 */
int sysfs_read_command_line(Sysfs *sysfs, char **ret);
int sysfs_read_crash_hotplug(Sysfs *sysfs, char text[SETTING_TEXT_MAX]);

/* An attribute below /sys/class/CLASS/DEVICE. -EINVAL: these are no names; -EMSGSIZE: no room. */
int sysfs_read_class_attribute(Sysfs *sysfs, const char *class, const char *device,
                               const char *attribute, char *text, size_t size);

/*
 * Calls back with the name (its first 15 characters) of each process that this reader is shown. 0, or
 * a negative errno if /proc can't be listed.
 */
typedef void (*SysfsProcess)(void *userdata, pid_t pid, const char *name);
int sysfs_each_process(Sysfs *sysfs, SysfsProcess call, void *userdata);

/*
 * Who holds a lock of flock(2) on a file with that device and inode; the file isn't touched. -ENOENT:
 * nobody does. The number can be 0: it is a process of another PID namespace.
 */
int sysfs_find_lock_owner(Sysfs *sysfs, dev_t device, ino_t inode, pid_t *ret);
