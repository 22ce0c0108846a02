#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The names of memplugd on D-Bus: all strings that both of its ends must spell alike. What they
 * mean is told in org.memplug1(5).
 */
#include <stdint.h>

#define BUS_NAME "org.memplug1"
#define BUS_PATH "/org/memplug1"

/* Below it are the devices, each by its name in sd_bus_path_encode()'s way. */
#define BUS_DEVICE_PREFIX BUS_PATH "/device"

#define BUS_INTERFACE_MANAGER BUS_NAME ".Manager"
#define BUS_INTERFACE_DEVICE BUS_NAME ".Device"

/* Methods of the manager. */
#define BUS_METHOD_RELOAD "Reload"
#define BUS_METHOD_ONLINE "Online"
#define BUS_METHOD_OFFLINE "Offline"
#define BUS_METHOD_REZONE "Rezone"
#define BUS_METHOD_UNPLUG "Unplug"
#define BUS_METHOD_CANCEL_TASK "CancelTask"
#define BUS_METHOD_HOLD "Hold"
#define BUS_METHOD_SUBSCRIBE "Subscribe"
#define BUS_METHOD_UNSUBSCRIBE "Unsubscribe"

/*
 * Online(blocks, zone), and tasks: Offline(blocks, timeout, keep_partial), Rezone(blocks, zone, timeout,
 * force), Unplug(device, timeout) → block, outcome, zone, errno of each; Hold(why) → a descriptor.
 */
#define BUS_SIGNATURE_ONLINE "ats"
#define BUS_SIGNATURE_ONLINE_REPLY "a(tssi)"
#define BUS_SIGNATURE_UNPLUG "st"
#define BUS_SIGNATURE_HOLD "s"
#define BUS_SIGNATURE_HOLD_REPLY "h"

/* The zones that Online() may be asked for; the first: as the rules want it. */
#define BUS_ZONE_BY_RULES ""
#define BUS_ZONE_MOVABLE "movable"
#define BUS_ZONE_KERNEL "kernel"
#define BUS_ZONE_DEFAULT "default"

/* What is more is refused with BUS_ERROR_LIMITS. */
#define BUS_ONLINE_MAX (UINT64_C(1) << 19) /* blocks of one call; 40 bytes of each are its answer */
#define BUS_TIMEOUT_MAX (UINT64_C(24) * 60 * 60 * 1000 * 1000) /* µs a block */
#define BUS_HOLDS_MAX 64                                       /* at once */
#define BUS_WHY_MAX 256                                        /* bytes, its NUL counted */

/* Signals of the manager. */
#define BUS_SIGNAL_UEVENT "Uevent"
#define BUS_SIGNAL_VERDICT "Verdict"
#define BUS_SIGNAL_OUTCOME "Outcome"
#define BUS_SIGNAL_TOLD "Told"

#define BUS_SIGNATURE_UEVENT "ts"
#define BUS_SIGNATURE_VERDICT "tsss"
#define BUS_SIGNATURE_OUTCOME "tssitts"
#define BUS_SIGNATURE_TOLD "tis"

/* Properties of the manager. */
#define BUS_PROPERTY_VERSION "Version"
#define BUS_PROPERTY_MODE "Mode"
#define BUS_PROPERTY_ACTIVE_MODE "ActiveMode"
#define BUS_PROPERTY_MODE_REASON "ModeReason"
#define BUS_PROPERTY_CONFIG "Config"
#define BUS_PROPERTY_CONFIG_ERRORS "ConfigErrors"
#define BUS_PROPERTY_TAKEN_OVER "TakenOver"
#define BUS_PROPERTY_BUSY "Busy"
#define BUS_PROPERTY_CURRENT_BLOCK "CurrentBlock"
#define BUS_PROPERTY_CURRENT_SINCE "CurrentSince"
#define BUS_PROPERTY_OPEN "Open"
#define BUS_PROPERTY_OUTCOMES "Outcomes"
#define BUS_PROPERTY_TASK "Task"
#define BUS_PROPERTY_HOLDS "Holds"
#define BUS_PROPERTY_LAST_TROUBLE "LastTrouble"

/* Properties of a device. */
#define BUS_PROPERTY_NAME "Name"
#define BUS_PROPERTY_SOURCE "Source"
#define BUS_PROPERTY_NODES "Nodes"
#define BUS_PROPERTY_BLOCKS "Blocks"
#define BUS_PROPERTY_SIZE "Size"
#define BUS_PROPERTY_KERNEL "Kernel"
#define BUS_PROPERTY_MOVABLE "Movable"
#define BUS_PROPERTY_OFFLINE "Offline"
#define BUS_PROPERTY_CAN_BE_UNPLUGGED "CanBeUnplugged"
#define BUS_PROPERTY_HINDRANCE "Hindrance"

/* CurrentBlock where there is none. */
#define BUS_NO_BLOCK UINT64_MAX

/* Errors. Those of outcomes are in errors.h. */
#define BUS_ERROR_PREFIX BUS_NAME ".Error."
#define BUS_ERROR_INVALID_CONFIG BUS_ERROR_PREFIX "InvalidConfig"
#define BUS_ERROR_ACCESS_DENIED "org.freedesktop.DBus.Error.AccessDenied"
#define BUS_ERROR_INVALID_ARGS "org.freedesktop.DBus.Error.InvalidArgs"
#define BUS_ERROR_LIMITS "org.freedesktop.DBus.Error.LimitsExceeded"
#define BUS_ERROR_FAILED "org.freedesktop.DBus.Error.Failed"

/* polkit's actions. */
#define BUS_ACTION_ONLINE BUS_NAME ".online"
#define BUS_ACTION_OFFLINE BUS_NAME ".offline" /* all kinds of tasks */
#define BUS_ACTION_HOLD BUS_NAME ".hold"
#define BUS_ACTION_RELOAD BUS_NAME ".reload"
