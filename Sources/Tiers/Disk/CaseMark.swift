import Model
import Platform
import Synchronization

/// Remembers from one run to the next what the share has shown of names in another case.
///
/// `CASE` in the share's cache directory: the findings as a decimal number and a newline. Guidance while the share cannot be
/// asked, so that what cannot be read back exactly is nothing.
final class CaseMark: Sendable {
    private let root: DescriptorReference
    let former: CaseFindings

    init(_ root: DescriptorReference) {
        self.root = root
        former = Self.read(root)
    }

    /// Blocks for the local disk, on a thread of its own.
    func write(_ findings: CaseFindings) {
        startThread(name: "case-mark") { [root] in
            try? DiskMark.write(root, DiskMark.letterCase, Array("\(findings.rawValue)\n".utf8))
        }
    }

    private static func read(_ root: DescriptorReference) -> CaseFindings {
        guard
            let file = try? FileCalls.open(
                at: root.rawValue, DiskMark.letterCase, [.readOnly, .noFollow, .nonBlocking]),
            let bytes = try? FileContents.read(file.rawValue, bytesMax: 8), bytes.last == 0x0A,
            let number = UInt8(String(decoding: bytes.dropLast(), as: UTF8.self))
        else { return [] }
        let findings = CaseFindings(rawValue: number)
        return findings.isPossible ? findings : []
    }
}
