import Model

/// The composition root: creates the components of one mount, mounts, runs until the view is gone, tears down.
///
/// - Parameters:
///   - configuration: checked by ``MountPreflight``.
///   - ready: called once: when the view is usable, or with the reason why it will not be.
/// - Returns: the process's exit code.
func runDaemon(
    _ configuration: MountConfiguration,
    ready: @escaping @Sendable (Result<Void, MountFailure>) -> Void
) -> Int32 {
    ready(.failure(MountFailure("this build has no file system in it yet")))
    return MountFailure.Kind.failed.rawValue
}
