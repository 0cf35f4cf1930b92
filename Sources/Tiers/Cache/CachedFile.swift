public import Model
public import Platform
public import Share

import Synchronization

/// One version of a file with everything needed to read it: where its bytes are on the share, whether the tiers
/// keep it, and a number that names it in the memory tier for this run.
public final class CachedFile: Sendable {
    /// Never used again in this run, so that a late delivery cannot land in another version's chunks.
    public let number: UInt64
    private let named: ObjectIdentity
    public let source: ShareFile
    /// Whether the tiers keep it: not racily fresh versions. What is there they are asked when something is missing in
    /// memory: the disk tier's entries of every file that was ever read are 600 bytes each.
    let isKept: Bool
    /// What its first bytes have said that it is, once they have come.
    private let signed = Mutex<ContentFinding?>(nil)
    private let awaitsFirstBytes: Atomic<Bool>
    private let hasSignature = Atomic(false)
    /// What readers have been given; nil where nobody is given anything before it is verified.
    let shown: ShownRanges?

    private let replaced: CachedFile?
    private let isReplacedTaken = Atomic(false)
    private let begun = Atomic(false)
    private let arrived = Atomic(false)
    /// The view has written to the file since: nothing of this version is kept any more.
    private let superseded = Atomic(false)

    /// - Parameter isTold: path and rules say what type it is of; else its first bytes may.
    init(
        number: UInt64, identity: ObjectIdentity, isTold: Bool = true, source: ShareFile,
        isKept: Bool, shown: ShownRanges?, instead former: CachedFile? = nil
    ) {
        self.number = number
        named = identity
        awaitsFirstBytes = Atomic(!isTold)
        self.source = source
        self.isKept = isKept
        self.shown = shown
        replaced = former
    }

    /// With the content type that is known by now; key and geometry stay.
    public var identity: ObjectIdentity {
        guard let finding = signature else { return named }
        var identity = named
        identity.contentType = finding.type
        return identity
    }

    public var geometry: ChunkGeometry { named.geometry }

    /// What its first bytes have said that it is; nil where nobody has had them, or something else says it.
    public var signature: ContentFinding? {
        hasSignature.load(ordering: .acquiring) ? signed.withLock { $0 } : nil
    }

    /// The first block has come. The first time counts.
    func learn(from block: BlockBuffer, _ rules: ContentRules) {
        guard awaitsFirstBytes.load(ordering: .relaxed),
            awaitsFirstBytes.exchange(false, ordering: .relaxed),
            let signature = ContentSignature(block.bytes)
        else { return }
        signed.withLock { $0 = rules.finding(signature, size: geometry.fileSize) }
        hasSignature.store(true, ordering: .releasing)
    }

    /// Of a file that is being written: no version but what it holds now.
    public var isLive: Bool { source.isUnversioned }

    /// Whether nobody has read of this version in this run. True once.
    public func isFirstRead() -> Bool { !begun.exchange(true, ordering: .relaxed) }

    /// The same version as it was read while it was young, in place of which it is read anew: what there is of it until that has
    /// succeeded once.
    public var former: CachedFile? { arrived.load(ordering: .acquiring) ? nil : replaced }

    /// As ``former``, also after that: once, and not before.
    func takeReplaced() -> CachedFile? {
        guard let replaced, arrived.load(ordering: .acquiring),
            !isReplacedTaken.exchange(true, ordering: .relaxed)
        else { return nil }
        return replaced
    }

    /// Bytes of it have come.
    public func noteRead() {
        if replaced != nil { arrived.store(true, ordering: .releasing) }
    }

    var isSuperseded: Bool { superseded.load(ordering: .acquiring) }

    func supersede() {
        superseded.store(true, ordering: .releasing)
    }
}

/// Part of a block, to be sent to the reader as it lies in memory.
public struct BlockSlice: Sendable {
    public var buffer: BlockBuffer
    /// Bytes of the buffer.
    public var range: Range<Int>

    /// Valid while `self` is alive.
    public var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: buffer.bytes[range])
    }
}
