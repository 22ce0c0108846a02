#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Loads configs out of a fake tree, and keeps what was said about them as one text.
 */
#include "config/config.h"
#include "fake-tree.h"

/*
 * What the last load said: its messages, each with a newline, without the tree's root, and with
 * "(w) " before a warning.
 */
extern char told[64 * 1024];

/* As config_load(). NULL: refused. Fails the test if the result and the report don't agree. */
Policy *load(const FakeTree *tree, const char *file);

/* Loads "/c" alone, with that text. */
Policy *load_text(FakeTree *tree, const char *text);
