public import Eviction
public import Model

/// What the share brings goes to the tier that its content type is for; what is pinned goes to the disk, which keeps it.
///
/// Where the storage tier takes nothing, the disk has what is for it.
public struct Placement: AdmissionPolicy {
    private let rules: ContentRules
    private let disk: DiskTier?
    private let storage: DiskTier?

    /// - Parameters:
    ///   - disk: nil: there are no tiers.
    ///   - storage: nil: there is none.
    public init(_ rules: ContentRules, disk: DiskTier?, storage: DiskTier?) {
        self.rules = rules
        self.disk = disk
        self.storage = storage
    }

    public func admits(
        _ chunk: ChunkIndex, of identity: ObjectIdentity, _ traits: EntryTraits, to tier: String,
        from source: String?
    ) -> Bool {
        let isForDisk = tier == DiskTier.Role.disk.rawValue
        switch rules.tier(of: identity.contentType) {
        case .memory: return isForDisk && isPinned(identity)
        case .disk: return isForDisk
        case .storage:
            // By how it is used there it belongs to the disk.
            if source != nil { return isForDisk }
            guard let storage, storage.takesWrites, !isPinned(identity) else { return isForDisk }
            return !isForDisk
        }
    }

    private func isPinned(_ identity: ObjectIdentity) -> Bool {
        disk?.pins.protects(identity.path) == true
    }
}
