import Glibc
import Model
import Platform
import TestSupport

@testable import View

/// Looks at a view as programs do, through the kernel's double, and holds what it is told against the share.
struct PlainLooker {
    private let kernel: KernelDouble
    private let share: [UInt8]

    init(_ fixture: ViewFixture) {
        kernel = fixture.kernel
        share = Array(fixture.root.utf8)
    }

    private func real(_ path: [UInt8]) -> [UInt8] { path.isEmpty ? share : share / path }

    /// One look, generated.
    ///
    /// - Returns: what was looked at, and how the answer differs from the share's; nil if it does not.
    func look(
        _ changer: ShareChanger, _ generator: inout SplitMix
    ) -> (what: String, difference: String?) {
        let file = changer.any(changer.files, &generator) ?? []
        let folder = changer.any(changer.folders, &generator) ?? []
        switch Int.random(in: 0..<100, using: &generator) {
        case 0..<16: return ("list \(folder.printable)", names(folder))
        case 16..<32:
            let path = changer.any(changer.files + changer.folders + changer.links, &generator)
            return ("stat \((path ?? []).printable)", attributes(path ?? []))
        case 32..<60: return ("read \(file.printable)", reads(file, &generator))
        case 60..<64: return ("read all of \(file.printable)", contents(file))
        case 64..<70:
            let link = changer.any(changer.links, &generator) ?? []
            return ("readlink \(link.printable)", target(link))
        case 70..<80: return ("getxattr \(file.printable)", extendedAttributes(file))
        case 80..<92:
            let name = changer.freshName(&generator)
            let path = folder.isEmpty ? name : folder / name
            return ("missing \(path.printable)", attributes(path))
        default:
            let path = changer.any(Self.gone(changer), &generator) ?? []
            return ("gone \(path.printable)", attributes(path))
        }
    }

    /// Everything there is, at most ten differences.
    func differences() throws(Errno) -> [String] {
        var found = [attributes([]), names([])].compactMap { $0 }
        for (path, status) in try FileTree.paths(share) {
            guard found.count < 10 else { break }
            if let words = attributes(path) {
                found.append(words)
            } else if status.isDirectory {
                if let words = names(path) { found.append(words) }
            } else if status.isRegular {
                if let words = contents(path) { found.append(words) }
            } else if let words = target(path) {
                found.append(words)
            }
        }
        return found
    }

    private func pair<Value: Equatable>(
        _ what: String, _ path: [UInt8], share: () throws(Errno) -> Value,
        view: () throws(Errno) -> Value
    ) -> String? {
        let left = Result { () throws(Errno) in try share() }
        let right = Result { () throws(Errno) in try view() }
        return left == right ? nil : "\(what) \(path.printable): \(right) for \(left)"
    }

    private func names(_ folder: [UInt8]) -> String? {
        pair(
            "listing of", folder,
            share: { () throws(Errno) in
                try Calls.names(real(folder)).sorted { $0.lexicographicallyPrecedes($1) }
            },
            view: { () throws(Errno) in
                try kernel.list(RelativePath(bytes: folder)).map(\.bytes)
                    .sorted { $0.lexicographicallyPrecedes($1) }
            })
    }

    /// What `stat` says that others can see change, less the times of reading.
    private struct Seen: Equatable {
        let mode: UInt32
        let owner: [UInt32]
        let size: Int64
        let modified: Timestamp
        let linkCount: UInt64

        init(_ status: stat) {
            mode = status.st_mode
            owner = [status.st_uid, status.st_gid]
            size = Int64(status.st_size)
            modified = Timestamp(
                seconds: Int64(status.st_mtim.tv_sec), nanoseconds: UInt32(status.st_mtim.tv_nsec))
            linkCount = UInt64(status.st_nlink)
        }

        init(_ attributes: FileAttributes) {
            mode = attributes.mode
            owner = [attributes.userID, attributes.groupID]
            size = attributes.size
            modified = attributes.modified
            linkCount = UInt64(attributes.linkCount)
        }
    }

    /// Links are not followed on the way.
    private static func gone(_ changer: ShareChanger) -> [[UInt8]] {
        changer.gone.filter { path in
            !changer.links.contains { path.starts(with: $0 + [0x2F]) }
        }
    }

    /// Names that are gone and shown all the same: no walk of what is there finds them.
    func shownThoughGone(_ changer: ShareChanger) -> [String] {
        Array(Set(Self.gone(changer)).lazy.compactMap { attributes($0) }.prefix(10))
    }

    private func attributes(_ path: [UInt8]) -> String? {
        pair(
            "stat", path,
            share: { () throws(Errno) in
                Seen(try Calls.status(real(path)))
            },
            view: { () throws(Errno) in
                Seen(try kernel.attributes(RelativePath(bytes: path)))
            })
    }

    private func target(_ link: [UInt8]) -> String? {
        pair(
            "readlink", link, share: { () throws(Errno) in try Calls.linkTarget(real(link)) },
            view: { () throws(Errno) in try kernel.linkTarget(RelativePath(bytes: link)) })
    }

    private func extendedAttributes(_ file: [UInt8]) -> String? {
        guard let name = String(validating: file, as: UTF8.self) else { return nil }
        let path = RelativePath(bytes: file)
        let absolute = String(decoding: share, as: UTF8.self) + "/" + name
        return pair(
            "xattr of", file,
            share: { () throws(Errno) in
                let names = try FileCalls.extendedAttributeNames(ofPath: absolute)
                return names
                    + (try FileCalls.extendedAttribute(ofPath: absolute, Name("user.note")))
            },
            view: { () throws(Errno) in
                let names = try kernel.extendedAttributeNames(path)
                return names + (try kernel.extendedAttribute(path, Name("user.note")))
            })
    }

    /// At random places through one descriptor, some of them behind the end.
    private func reads(_ file: [UInt8], _ generator: inout SplitMix) -> String? {
        guard let size = try? Calls.status(real(file)).st_size else { return attributes(file) }
        let ranges = (0..<Int.random(in: 1...4, using: &generator)).map { _ in
            let offset = Int64.random(in: 0...(Int64(size) + 5000), using: &generator)
            let count =
                generator.chance(80)
                ? Int64.random(in: 1...70_000, using: &generator)
                : Int64.random(in: 70_000...600_000, using: &generator)
            return offset..<(offset + count)
        }
        return difference(file, ranges)
    }

    private func contents(_ file: [UInt8]) -> String? {
        guard let size = try? Calls.status(real(file)).st_size else { return attributes(file) }
        return difference(file, [0..<(Int64(size) + 1)])
    }

    private func difference(_ file: [UInt8], _ ranges: [Range<Int64>]) -> String? {
        do throws(Errno) {
            let shown = try kernel.read(RelativePath(bytes: file), ranges)
            let open = try Calls.open(real(file))
            for (range, bytes) in zip(ranges, shown) {
                let expected = try open.read(at: range.lowerBound, range.count)
                guard expected != bytes else { continue }
                let at = zip(expected, bytes).enumerated().first { $1.0 != $1.1 }?.offset
                return "read \(file.printable) from \(range.lowerBound): \(bytes.count) bytes for "
                    + "\(expected.count), others from \(at.map(String.init) ?? "their end")"
            }
            return nil
        } catch {
            return "read \(file.printable): \(error.message)"
        }
    }
}

extension RelativePath {
    /// As the share's paths are written below its root; empty: the root.
    init(bytes: [UInt8]) {
        self.init(bytes.split(separator: 0x2F).map { Name(Array($0)) })
    }
}
