import Model
import Platform
import Synchronization

/// Remembers from one run to the next what the share has shown of names in another case.
///
/// `CASE` in the share's cache directory: the findings as a decimal number and a newline. Guidance while the share cannot be
/// asked, so that what cannot be read back exactly is nothing.
final class CaseMark: Sendable {
    private struct State: Sendable {
        var written: CaseFindings
        var wanted: CaseFindings
        /// A thread writes what is wanted; one that the disk holds up holds up no other.
        var isWriting = false
    }

    private let root: DescriptorReference
    private let state: ConditionMutex<State>
    let former: CaseFindings

    init(_ root: DescriptorReference) {
        self.root = root
        former = Self.read(root)
        state = ConditionMutex(State(written: former, wanted: former))
    }

    /// Does not wait for the disk.
    func note(_ findings: CaseFindings) {
        let isFirst = state.withLock { state, _ in
            state.wanted = findings
            guard !state.isWriting, state.written != findings else { return false }
            state.isWriting = true
            return true
        }
        guard isFirst else { return }
        startThread(name: "case-mark") { [root, state] in Self.write(root, state) }
    }

    /// Waits until what was noted is on the disk, or was refused by it.
    func flush(patience: Duration) {
        _ = state.wait(timeout: patience) { state, _ in state.isWriting ? nil : true }
    }

    private static func write(_ root: DescriptorReference, _ state: ConditionMutex<State>) {
        while true {
            let wanted = state.withLock { state, condition -> CaseFindings? in
                guard state.wanted != state.written else {
                    state.isWriting = false
                    condition.broadcast()
                    return nil
                }
                state.written = state.wanted
                return state.wanted
            }
            guard let wanted else { return }
            try? DiskMark.write(root, DiskMark.letterCase, Array("\(wanted.rawValue)\n".utf8))
        }
    }

    private static func read(_ root: DescriptorReference) -> CaseFindings {
        guard
            let bytes = try? DiskMark.read(root, DiskMark.letterCase, bytesMax: 8),
            bytes.last == 0x0A,
            let number = UInt8(String(decoding: bytes.dropLast(), as: UTF8.self))
        else { return [] }
        let findings = CaseFindings(rawValue: number)
        return findings.isPossible ? findings : []
    }
}
