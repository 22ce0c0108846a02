/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * /proc/iomem: what is read out of it is in order, and can be found again.
 */
#undef NDEBUG
#include <assert.h>
#include <string.h>

#include "base/macro.h"
#include "fuzz.h"
#include "model/iomem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_free_ char *text = fuzz_text(data, size);
        _cleanup_(iomem_done) Iomem iomem = {};

        assert(iomem_parse(text, &iomem) == 0);
        for (size_t i = 0; i < iomem.n_ranges; i++) {
                const IomemRange *range = &iomem.ranges[i];

                assert(range->first <= range->last);
                assert(i == 0 || iomem.ranges[i - 1].first <= range->first);
                assert(range->source == SOURCE_VIRTIO_MEM || range->source == SOURCE_DAX);
                assert(memchr(range->device, 0, sizeof(range->device)));
                if (!iomem.hidden)
                        assert(iomem_find(&iomem, range->first, range->last));
                (void)iomem_device_size(&iomem, range);
        }
        return 0;
}
