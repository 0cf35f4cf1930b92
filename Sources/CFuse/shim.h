// libfuse 3, low-level API. SwiftPM drops -D flags from pkg-config, so they are set here.
#pragma once
#define FUSE_USE_VERSION 314
#define _FILE_OFFSET_BITS 64
#include <fuse_lowlevel.h>
#include <fuse_opt.h>
