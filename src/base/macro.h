#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Small things that every file uses: ownership by scope, hand-over of ownership, sizes of arrays.
 */
#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(f) __attribute__((__cleanup__(f)))
#define _cleanup_free_ _cleanup_(freep)
#define _cleanup_close_ _cleanup_(closep)
#define _printf_(format, first) __attribute__((__format__(__printf__, format, first)))

#define ELEMENTSOF(x) (sizeof(x) / sizeof((x)[0]))

/* Hands a pointer or descriptor over: the variable no longer owns it afterwards. */
#define TAKE_PTR(p)                     \
        ({                              \
                typeof(p) _taken = (p); \
                (p) = NULL;             \
                _taken;                 \
        })
#define TAKE_FD(fd)                \
        ({                         \
                int _taken = (fd); \
                (fd) = -EBADF;     \
                _taken;            \
        })

/* Defines name##p(), for use with _cleanup_(), out of a destructor that takes NULL. */
#define DEFINE_CLEANUP(type, destroy)            \
        static inline void destroy##p(type *p) { \
                if (*p)                          \
                        destroy(*p);             \
        }

static inline void freep(void *p) {
        free(*(void **)p);
}

static inline void closep(int *fd) {
        if (*fd >= 0)
                (void)close(*fd);
}
