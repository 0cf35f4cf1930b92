import Glibc
import Model
import TestSupport
import Testing

@testable import View

/// Which answers a change has overtaken.
@Suite struct OpenQuestionsTests {
    private func place(_ folder: UInt64, _ name: String) -> Node.Place {
        Node.Place(parent: NodeID(raw: folder), name: Name(name))
    }

    /// Beside a list in which each question is looked at for each change.
    @Test func aChangeConcernsTheQuestionsOfItsSubject() {
        let seed = UInt64.random(in: .min ... .max)
        var generator = SplitMix(seed: seed)
        typealias Plain = (
            number: OpenQuestions.Number, subject: OpenQuestions.Subject, isOvertaken: Bool,
            names: Set<Name>
        )
        var questions = OpenQuestions()
        var plain: [Plain] = []
        for step in 0..<5000 {
            let (folder, name) = (
                UInt64.random(in: 1...3, using: &generator),
                ["a", "b", "c"].randomElement(using: &generator) ?? "a"
            )
            switch Int.random(in: 0..<6, using: &generator) {
            case 0, 1:
                let subjects: [OpenQuestions.Subject] = [
                    .name(place(folder, name)), .listing(NodeID(raw: folder)),
                    .node(NodeID(raw: folder)),
                ]
                guard let subject = subjects.randomElement(using: &generator) else { continue }
                plain.append((questions.ask(subject), subject, false, []))
            case 2:
                questions.overtake(place(folder, name))
                for index in plain.indices {
                    switch plain[index].subject {
                    case .name(place(folder, name)): plain[index].isOvertaken = true
                    case .listing(NodeID(raw: folder)): plain[index].names.insert(Name(name))
                    default: break
                    }
                }
            case 3:
                questions.overtake(NodeID(raw: folder))
                for index in plain.indices where plain[index].subject == .node(NodeID(raw: folder))
                {
                    plain[index].isOvertaken = true
                }
            default:
                guard !plain.isEmpty else { continue }
                let closed = plain.remove(at: Int.random(in: plain.indices, using: &generator))
                #expect(
                    questions.overtakenNames(closed.number) == closed.names,
                    "seed \(seed), step \(step)")
                let isOvertaken = questions.close(closed.number)
                #expect(isOvertaken == closed.isOvertaken, "seed \(seed), step \(step)")
            }
        }
        #expect(questions.all.count == plain.count)
    }

    /// What a change costs does not go with what else is open. Twenty times as much would be ten thousand times as many
    /// questions looked at.
    @Test func aChangeLooksAtNoOtherQuestions() {
        func cost(_ open: Int) -> Duration {
            var questions = OpenQuestions()
            for number in 0..<open {
                _ = questions.ask(.name(place(7, "\(number)")))
                _ = questions.ask(.node(NodeID(raw: UInt64(1000 + number))))
            }
            let start = Self.ownTime
            for number in 0..<500 {
                questions.overtake(place(8, "\(number)"))
                questions.overtake(NodeID(raw: UInt64(number)))
            }
            return Self.ownTime - start
        }
        let (few, many) = (cost(1), cost(10_000))
        #expect(many < few * 20 + .milliseconds(20))
    }

    /// What this thread has used of a processor: other work on the machine does not count.
    private static var ownTime: Duration {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
