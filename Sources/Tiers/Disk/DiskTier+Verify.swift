public import Model

import Platform

/// What came of a look at some of what is stored.
public struct DiskVerification: Sendable {
    /// A version of a file of which stored blocks were not what had been written.
    public struct Damage: Sendable, Hashable {
        public var path: RelativePath
        public var blocks: Int
    }

    /// What a sound block of a file holds.
    public struct Sum: Sendable, Hashable {
        /// Of the file.
        public var offset: Int64
        public var length: Int
        /// XXH3 of the file's bytes.
        public var sum: UInt64
    }

    /// Chunks that were read, and bytes of files' contents in them.
    public var chunks = 0
    public var bytes: Int64 = 0
    public var damaged: [Damage] = []
    /// Rows of the index that did not read back. What they stood for is not served.
    public var damagedRows = 0
    /// Where they were asked for, of each version that was looked at.
    public var sums: [(identity: ObjectIdentity, blocks: [Sum])] = []
    /// It ended early, since a reader wanted something of the disk.
    public var isBusy = false
    /// Behind what the next look begins; nil at the end.
    public var next: Int64?
}

extension DiskTier {
    private static let partsPerVerification = 128

    /// Reads some of what is stored at and below a path, checks it as each load does, and has removed what is not as it was
    /// written. Takes little more than `budget`: one chunk is always read, and after each a reader who wants something goes first.
    /// Counts as no use of anything. Blocks for the disk.
    ///
    /// - Parameters:
    ///   - cursor: ``DiskVerification/next`` of the look before; 0 at the start.
    ///   - wantsSums: says what is in the blocks.
    /// - Returns: nil where the index cannot tell, or nothing that is stored may be served.
    public func verify(
        below path: RelativePath, after cursor: Int64, for budget: Duration, wantsSums: Bool = false
    ) -> DiskVerification? {
        let end = core.clock.monotonic + budget
        guard
            let found = stored(
                below: path, after: cursor, rowsMax: Self.partsPerVerification,
                chunksMax: Self.partsPerVerification)
        else { return nil }
        var verification = DiskVerification()
        verification.damagedRows = found.damagedRows
        let loads = core.counters.snapshot.loads
        for part in found.parts {
            for chunk in part.chunks {
                verify(chunk, of: part.identity, wantsSums, &verification)
                verification.next = chunk.row.number
                verification.isBusy = core.counters.snapshot.loads != loads
                if verification.isBusy || core.clock.monotonic >= end { return verification }
            }
        }
        verification.next = found.next
        return verification
    }

    private func verify(
        _ chunk: StoredPart.Chunk, of identity: ObjectIdentity, _ wantsSums: Bool,
        _ verification: inout DiskVerification
    ) {
        let (index, geometry) = (chunk.row.chunk, identity.geometry)
        let (blocks, damaged) = reader.check(identity, index, chunk.entry)
        verification.chunks += 1
        verification.bytes += geometry.bytes(of: index, blocks: chunk.entry.mask)
        if damaged > 0 {
            if let known = verification.damaged.firstIndex(where: { $0.path == identity.path }) {
                verification.damaged[known].blocks += damaged
            } else {
                verification.damaged.append(
                    DiskVerification.Damage(path: identity.path, blocks: damaged))
            }
        }
        guard wantsSums else { return }
        let sums = blocks.map { block in
            DiskVerification.Sum(
                offset: geometry.byteRange(of: index, block: block.index).lowerBound,
                length: block.buffer.count, sum: XXH3.hash64(block.buffer.bytes))
        }
        withExtendedLifetime(blocks) {}
        if verification.sums.last?.identity.key == identity.key {
            verification.sums[verification.sums.count - 1].blocks += sums
        } else {
            verification.sums.append((identity, sums))
        }
    }
}
