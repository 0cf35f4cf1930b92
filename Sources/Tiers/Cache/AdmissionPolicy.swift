public import Eviction
public import Model

/// Decides what a tier is offered. Asked for each chunk before it is stored, on the thread that brought it: must not wait.
public protocol AdmissionPolicy: Sendable {
    /// - Parameters:
    ///   - tier: its name.
    ///   - source: the tier that has it, and that says that it belongs farther to the front; nil: the share has brought it.
    ///   - traits: the size is that of the blocks which would be stored, uncompressed.
    func admits(
        _ chunk: ChunkIndex, of identity: ObjectIdentity, _ traits: EntryTraits, to tier: String,
        from source: String?
    ) -> Bool
}

/// Whatever was fetched is stored; what has to go for it is for the ``EvictionPolicy`` to say.
public struct AdmitAll: AdmissionPolicy {
    public init() {}

    public func admits(
        _ chunk: ChunkIndex, of identity: ObjectIdentity, _ traits: EntryTraits, to tier: String,
        from source: String?
    ) -> Bool { true }
}
