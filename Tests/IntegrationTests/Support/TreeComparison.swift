import Glibc
import Model
import Platform
import TestSupport

/// Compares what a view shows with what its share holds.
struct TreeComparison {
    var share: [UInt8]
    var view: [UInt8]
    /// Off where only names and attributes matter.
    var readsFiles = true
    /// Link counts of files: known late for names that were linked elsewhere.
    var comparesLinkCounts = true
    /// Off where the two were made one after the other.
    var comparesTimes = true

    init(share: some PathBytes, view: some PathBytes) {
        self.share = share.pathBytes
        self.view = view.pathBytes
    }

    /// Compares the folder itself and everything below.
    ///
    /// - Returns: what differs, in words; at most 10 differences.
    func differences() -> [String] {
        var found = difference([]).map { [$0] } ?? []
        var rest: [[UInt8]] = [[]]
        while let folder = rest.popLast(), found.count < 10 {
            do throws(Errno) {
                let names = try names(folder, &found)
                for name in names {
                    let path = folder.isEmpty ? name : folder / name
                    if let difference = difference(path) { found.append(difference) }
                    if try Calls.status(share / path).isDirectory { rest.append(path) }
                }
            } catch {
                found.append("\(folder.printable): \(error.message)")
            }
        }
        return found
    }

    private func names(_ folder: [UInt8], _ found: inout [String]) throws(Errno) -> [[UInt8]] {
        if let difference = listingDifference(folder) { found.append(difference) }
        return try Calls.names(at(share, folder))
    }

    private func at(_ root: [UInt8], _ path: [UInt8]) -> [UInt8] {
        path.isEmpty ? root : root / path
    }

    /// Names of one folder.
    func listingDifference(_ folder: [UInt8]) -> String? {
        let expected = Result { () throws(Errno) in try Calls.names(at(share, folder)) }
        let shown = Result { () throws(Errno) in try Calls.names(at(view, folder)) }
        switch (expected, shown) {
        case (.success(let expected), .success(let shown)):
            let (wanted, got) = (Set(expected), Set(shown))
            if got.count != shown.count { return "\(folder.printable): names shown twice" }
            guard wanted != got else { return nil }
            let missing = wanted.subtracting(got).prefix(5).map(\.printable)
            let extra = got.subtracting(wanted).prefix(5).map(\.printable)
            return "listing of '\(folder.printable)': missing \(missing), too much \(extra)"
        case (.failure(let error), _):
            return "listing of '\(folder.printable)' on the share: \(error.message)"
        case (_, .failure(let error)):
            // What passes by itself has another cause than what stays.
            let again = Result { () throws(Errno) in try Calls.names(at(view, folder)).count }
            return "listing of '\(folder.printable)': \(error.message); a second one: \(again), "
                + "its attributes: \(status(view, folder).map(\.st_ino)), on the share "
                + "\(status(share, folder).map(\.st_ino))"
        }
    }

    /// One path: attributes and, as its kind has it, contents or target.
    func difference(_ path: [UInt8]) -> String? {
        let (expected, shown) = (status(share, path), status(view, path))
        switch (expected, shown) {
        case (.failure(let left), .failure(let right)):
            return left == right ? nil : "\(path.printable): \(right.message) for \(left.message)"
        case (.success, .failure(let error)): return "\(path.printable): \(error.message)"
        case (.failure(let error), .success):
            return "\(path.printable): shown, but \(error.message)"
        case (.success(let left), .success(let right)):
            if let words = attributesDifference(left, right) {
                return "\(path.printable): \(words)"
            }
            if left.isLink { return targetDifference(path) }
            if left.isRegular && readsFiles { return contentsDifference(path) }
            return nil
        }
    }

    private func status(_ root: [UInt8], _ path: [UInt8]) -> Result<stat, Errno> {
        Result { () throws(Errno) in try Calls.status(at(root, path)) }
    }

    func attributesDifference(_ left: stat, _ right: stat) -> String? {
        var words: [String] = []
        func compare<Value: Equatable>(_ name: String, _ value: (stat) -> Value) {
            if value(left) != value(right) {
                words.append("\(name) \(value(right)) for \(value(left))")
            }
        }
        compare("mode") { $0.st_mode }
        compare("uid") { $0.st_uid }
        compare("gid") { $0.st_gid }
        compare("size") { $0.st_size }
        if comparesTimes {
            compare("mtime") { $0.st_mtim.tv_sec }
            compare("mtime ns") { $0.st_mtim.tv_nsec }
        }
        compare("rdev") { $0.st_rdev }
        if comparesLinkCounts || left.isDirectory { compare("nlink") { $0.st_nlink } }
        return words.isEmpty ? nil : words.joined(separator: ", ")
    }

    private func targetDifference(_ path: [UInt8]) -> String? {
        let expected = Result { () throws(Errno) in try Calls.linkTarget(share / path) }
        let shown = Result { () throws(Errno) in try Calls.linkTarget(view / path) }
        // sshfs refuses some that lead out of the share.
        if expected == shown { return nil }
        return switch shown {
        case .success(let target): "\(path.printable): leads to \(target.printable)"
        case .failure(let error): "\(path.printable): readlink: \(error.message)"
        }
    }

    func contentsDifference(_ path: [UInt8]) -> String? {
        do throws(Errno) {
            let (left, right) = (try Calls.open(share / path), try Calls.open(view / path))
            var offset: Int64 = 0
            while true {
                let expected = try left.read(at: offset, 256 << 10)
                let shown = try right.read(at: offset, 256 << 10)
                if let words = Self.difference(expected, shown, at: offset) {
                    return "\(path.printable): \(words)"
                }
                if expected.isEmpty { return nil }
                offset += Int64(expected.count)
            }
        } catch {
            return "\(path.printable): read: \(error.message)"
        }
    }

    /// Where two runs of bytes part, in words.
    static func difference(_ expected: [UInt8], _ shown: [UInt8], at offset: Int64) -> String? {
        let common = min(expected.count, shown.count)
        if memcmp(expected, shown, common) != 0 {
            let at = expected.indices.first { $0 < common && expected[$0] != shown[$0] } ?? 0
            let isZero = shown[at..<min(common, at + 64)].allSatisfy { $0 == 0 }
            return "other bytes from \(offset + Int64(at))\(isZero ? " (zeros)" : "")"
        }
        if expected.count != shown.count {
            return "\(shown.count) bytes for \(expected.count) at \(offset)"
        }
        return nil
    }
}
