/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/device.h"

static const char *const source_table[] = {
        [SOURCE_UNKNOWN] = "unknown", [SOURCE_BOOT] = "boot",
        [SOURCE_DIMM] = "dimm",       [SOURCE_VIRTIO_MEM] = "virtio-mem",
        [SOURCE_DAX] = "dax",         [SOURCE_XEN] = "xen",
        [SOURCE_HYPERV] = "hyperv",   [SOURCE_S390_STANDBY] = "s390-standby",
        [SOURCE_DLPAR] = "dlpar",     [SOURCE_PROBE] = "probe",
};
DEFINE_STRING_TABLE(source, Source);
