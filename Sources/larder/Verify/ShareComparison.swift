import Control
import Model
import Platform

/// Holds sums of stored blocks against the files of the share, which it reads by itself, one after the other. Not the daemon's
/// business: a share may hang, and only this command with it.
struct ShareComparison {
    typealias Say = (RelativePath, String) -> Void

    /// A file that is being compared: its versions' blocks come in the order in which they were stored.
    private struct Open {
        var path: RelativePath
        var stamp: ContentsTree.Stamp
        var file: DescriptorReference
        var isDifferent = false
    }

    private let share: [UInt8]
    private var open: Open?
    /// What is not to be looked at again: the last one that could not be opened, or is another by now.
    private var passed: (path: RelativePath, stamp: ContentsTree.Stamp)?
    private let buffer = TransferBuffer(ChunkGeometry.blockSizeMax)
    private(set) var different: [RelativePath] = []
    /// Hashes of versions that have been told of: another tier may have something of them, too.
    private var told: Set<Int> = []

    init(share: String) {
        self.share = Array(share.utf8)
    }

    mutating func compare(
        _ contents: [VerificationBatch.Contents], _ account: inout VerifyAccount, say: Say
    ) throws(CommandError) {
        for part in contents {
            let path = part.path.path
            let stamp = ContentsTree.Stamp(size: part.sizeBytes, modified: part.modified)
            if let open, open.path != path || open.stamp != stamp { close(&account, say) }
            if let passed, passed.path == path, passed.stamp == stamp { continue }
            if open == nil { begin(path, stamp, &account, say) }
            guard let open, !open.isDifferent else { continue }
            for block in part.blocks where block.count == 3 {
                guard compare(block, open, &account, say) else { break }
            }
        }
    }

    /// The last file is done with.
    mutating func finish(_ account: inout VerifyAccount, say: Say) throws(CommandError) {
        close(&account, say)
    }

    private mutating func begin(
        _ path: RelativePath, _ stamp: ContentsTree.Stamp, _ account: inout VerifyAccount,
        _ say: Say
    ) {
        guard !told.contains(Self.hash(path, stamp)) else {
            passed = (path, stamp)
            return
        }
        do throws(Errno) {
            let place = share + [UInt8(ascii: "/")] + path.bytes
            let file = DescriptorReference(
                try FileCalls.open(
                    at: FileCalls.workingDirectory, place, [.readOnly, .noFollow, .nonBlocking]))
            guard try Self.stamp(of: file) == stamp else {
                account.changed += 1
                pass(path, stamp)
                return
            }
            // What this machine's client remembers is not what the share has.
            FileCalls.forgetPages(file.rawValue, 0..<stamp.size)
            open = Open(path: path, stamp: stamp, file: file)
        } catch {
            pass(path, stamp)
            if error == .noSuchFile || error == .notDirectory {
                account.changed += 1
            } else {
                account.unread += 1
                say(path, "cannot be read on the share: \(error.message)")
            }
        }
    }

    private mutating func pass(_ path: RelativePath, _ stamp: ContentsTree.Stamp) {
        passed = (path, stamp)
        told.insert(Self.hash(path, stamp))
    }

    private static func hash(_ path: RelativePath, _ stamp: ContentsTree.Stamp) -> Int {
        var hasher = Hasher()
        hasher.combine(path)
        hasher.combine(stamp)
        return hasher.finalize()
    }

    private static func stamp(of file: DescriptorReference) throws(Errno) -> ContentsTree.Stamp {
        let attributes = try FileCalls.attributes(of: file.rawValue)
        return ContentsTree.Stamp(size: attributes.size, modified: attributes.modified)
    }

    /// - Parameter block: offset, length, sum.
    /// - Returns: false when the rest of the file need not be looked at.
    private mutating func compare(
        _ block: [UInt64], _ open: Open, _ account: inout VerifyAccount, _ say: Say
    ) -> Bool {
        guard let offset = Int64(exactly: block[0]), let length = Int(exactly: block[1]),
            length <= buffer.storage.count
        else { return true }
        do throws(Errno) {
            let target = UnsafeMutableRawBufferPointer(rebasing: buffer.storage[..<length])
            let count = try FileCalls.read(open.file.rawValue, into: target, at: offset)
            account.comparedBytes += Int64(count)
            let isSame =
                count == length && XXH3.hash64(UnsafeRawBufferPointer(target)) == block[2]
            if !isSame { self.open?.isDifferent = true }
            return isSame
        } catch {
            account.unread += 1
            say(open.path, "cannot be read on the share: \(error.message)")
            pass(open.path, open.stamp)
            self.open = nil
            return false
        }
    }

    private mutating func close(_ account: inout VerifyAccount, _ say: Say) {
        guard let closed = open else { return }
        open = nil
        guard closed.isDifferent else {
            return FileCalls.forgetPages(closed.file.rawValue, 0..<closed.stamp.size)
        }
        told.insert(Self.hash(closed.path, closed.stamp))
        // Written meanwhile, it is another version.
        guard (try? Self.stamp(of: closed.file)) == closed.stamp else {
            account.changed += 1
            return
        }
        account.different += 1
        different.append(closed.path)
        say(
            closed.path,
            "differs from the share's, though size and time are the same; what was cached is forgotten"
        )
    }
}
