// libsystemd: readiness for the service manager, and the journal.
#pragma once
// Where a message was sent from is not put into the journal: that would be this library's wrapper.
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-daemon.h>
#include <systemd/sd-journal.h>
