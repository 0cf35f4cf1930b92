import Testing

/// What a person sees of Larder: the built programs, each started as a process of its own, and
/// everything that people do with a mounted view.
///
/// One after the other: each test has two or more daemons and measures what they do in time.
@Suite(.serialized, .needsFuse, .daemonLogs, .area) enum IntegrationTests {}
