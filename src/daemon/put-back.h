#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * memplugd --put-back: what is left to do once no memplugd runs any more, however it ended.
 */

/* 0 or a negative errno, which has been told. */
int put_back_run(void);
