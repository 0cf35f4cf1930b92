import Glibc
import Model
import Platform
import TestSupport

/// Looks at a view in every way that programs do, generated, each look held against the share.
struct ViewLooker {
    let view: RunningView
    let comparison: TreeComparison
    private let share: [UInt8]
    private let path: [UInt8]

    init(_ view: RunningView) {
        self.view = view
        share = view.share.pathBytes
        path = view.path.pathBytes
        comparison = view.comparison
    }

    /// One look.
    ///
    /// - Returns: what was looked at, and how the answer differs from the share's; nil if it does
    ///   not.
    func look(
        _ changer: ShareChanger, _ generator: inout SplitMix
    ) throws -> (what: String, difference: String?) {
        let file = changer.any(changer.files, &generator) ?? []
        let folder = changer.any(changer.folders, &generator) ?? []
        let kind = Int.random(in: 0..<100, using: &generator)
        let seed = generator.next()
        let what =
            "\(Self.name(kind)) \((kind < 25 || kind >= 67 ? folder : file).printable) (\(seed))"
        var own = SplitMix(seed: seed)
        let difference = try view.guarded(what) { () -> String? in
            switch kind {
            case 0..<16: comparison.listingDifference(folder)
            case 16..<25:
                attributes(changer.any(changer.files + changer.folders + changer.links, &own) ?? [])
            case 25..<50: reads(file, &own)
            case 50..<58: mapped(file, &own)
            case 58..<62: comparison.contentsDifference(file)
            case 62..<67: attributesOnly(file)
            case 67..<72: changer.any(changer.links, &own).flatMap { comparison.difference($0) }
            case 72..<78:
                extendedAttributes(changer.any(changer.files + changer.folders, &own) ?? [])
            case 78..<84:
                attributes(
                    folder.isEmpty ? changer.freshName(&own) : folder / changer.freshName(&own))
            case 84..<88: changer.any(changer.gone, &own).flatMap { attributes($0) }
            default: access(changer.any(changer.files + changer.folders, &own) ?? [], &own)
            }
        }
        return (what, difference)
    }

    private static func name(_ kind: Int) -> String {
        switch kind {
        case 0..<16: "list"
        case 16..<25: "stat"
        case 25..<50: "read"
        case 50..<58: "map"
        case 58..<62: "read all of"
        case 62..<67: "stat"
        case 67..<72: "readlink"
        case 72..<78: "getxattr"
        case 78..<88: "missing"
        default: "access"
        }
    }

    private func attributes(_ name: [UInt8]) -> String? {
        var quick = comparison
        quick.readsFiles = false
        return quick.difference(name)
    }

    /// Names that are gone from the share, or stand for something else there by now, and are shown all the same.
    func shownThoughGone(_ changer: ShareChanger) -> [String] {
        changer.gone.compactMap { attributes($0) }
    }

    private func attributesOnly(_ file: [UInt8]) -> String? { attributes(file) }

    private func pair<Value: Equatable>(
        _ what: String, _ file: [UInt8], _ body: ([UInt8]) throws(Errno) -> Value
    ) -> String? {
        let absolute = { (root: [UInt8]) in file.isEmpty ? root : root / file }
        let left = Result { () throws(Errno) in try body(absolute(share)) }
        let right = Result { () throws(Errno) in try body(absolute(path)) }
        return left == right ? nil : "\(what) \(file.printable): \(right) for \(left)"
    }

    /// A few reads at random places through one descriptor, some of them behind the end.
    private func reads(_ file: [UInt8], _ generator: inout SplitMix) -> String? {
        do throws(Errno) {
            let (left, right) = (try Calls.open(share / file), try Calls.open(path / file))
            let size = try left.status().st_size
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let offset = Int64.random(in: 0...(Int64(size) + 5000), using: &generator)
                let count =
                    generator.chance(80)
                    ? Int.random(in: 1...70_000, using: &generator)
                    : Int.random(in: 70_000...600_000, using: &generator)
                let expected = try left.read(at: offset, count)
                let shown = try right.read(at: offset, count)
                if let words = TreeComparison.difference(expected, shown, at: offset) {
                    return "read \(file.printable): \(words)"
                }
            }
            return nil
        } catch {
            return "read \(file.printable): \(error.message)"
        }
    }

    private func mapped(_ file: [UInt8], _ generator: inout SplitMix) -> String? {
        do throws(Errno) {
            let (left, right) = (try Calls.open(share / file), try Calls.open(path / file))
            let size = Int(try left.status().st_size)
            guard size > 0 else { return nil }
            let map = try MappedFile(right, count: size)
            let start = Int.random(in: 0..<size, using: &generator)
            let end = min(size, start + Int.random(in: 1...100_000, using: &generator))
            let expected = try left.read(at: Int64(start), end - start)
            return TreeComparison.difference(expected, try map.read(start..<end), at: Int64(start))
                .map { "map \(file.printable): \($0)" }
        } catch {
            return "map \(file.printable): \(error.message)"
        }
    }

    private func extendedAttributes(_ file: [UInt8]) -> String? {
        guard let name = String(validating: file, as: UTF8.self) else { return nil }
        func value(_ root: [UInt8]) -> Result<[UInt8], Errno> {
            Result { () throws(Errno) in
                let base = String(decoding: root, as: UTF8.self)
                let path = name.isEmpty ? base : "\(base)/\(name)"
                let names = try FileCalls.extendedAttributeNames(ofPath: path)
                return names + (try FileCalls.extendedAttribute(ofPath: path, Name("user.note")))
            }
        }
        let (left, right) = (value(share), value(path))
        return left == right ? nil : "xattr of \(name): \(right) for \(left)"
    }

    private func access(_ file: [UInt8], _ generator: inout SplitMix) -> String? {
        let mode = generator.chance(50) ? R_OK : X_OK
        return pair("access", file) { path throws(Errno) in
            try Calls.access(path, mode)
            return true
        }
    }
}
