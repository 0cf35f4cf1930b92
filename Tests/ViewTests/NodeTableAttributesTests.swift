import Model
import Testing
import Tiers

@testable import View

/// What is remembered of extended attributes, and for how long.
@Suite struct NodeTableAttributesTests {
    private let changed = Timestamp(seconds: 1000)
    /// Longer after it than any clock is behind.
    private let later = Timestamp(seconds: 1000 + 2 * Int64(Fingerprint.clockSkewMax))

    private func table(
        _ consistency: Consistency = .eventual, rights: Duration? = nil, changed: Timestamp? = nil
    ) -> (NodeTable, NodeID) {
        var table = NodeTable(
            rules: FreshnessRules(
                consistency: consistency, propagationDelay: .seconds(5),
                attributeTTL: .seconds(300), rightsLifetime: rights),
            root: FileAttributes(inode: 1, mode: FileKind.directory.rawValue | 0o755), at: .zero)
        var effects = NodeTable.Effects()
        let id = table.enter(
            Node.Place(parent: .root, name: "file"), attributes(changed ?? self.changed),
            validity: nil, at: .zero, &effects)
        return (table, id)
    }

    private func attributes(_ changed: Timestamp) -> FileAttributes {
        FileAttributes(inode: 2, mode: FileKind.regular.rawValue | 0o644, changed: changed)
    }

    private func known(
        _ table: NodeTable, _ question: NodeTable.Question, _ id: NodeID,
        at now: Duration = .seconds(1), asOf wall: Timestamp? = nil
    ) -> NodeTable.KnownAttribute? {
        table.attribute(question, of: id, at: now, asOf: wall ?? later)
    }

    private static let questions: [NodeTable.Question] = [
        .names, .value(.accessACL), .value("security.capability"), .value("user.k"),
    ]
    private static let answers: [Result<[UInt8], Errno>] = [
        .success([1, 2, 3]), .success([]), .failure(.noData), .failure(.notSupported),
    ]

    @Test(arguments: questions, answers)
    func isKnownWhileTheChangeTimeHolds(
        question: NodeTable.Question, answer: Result<[UInt8], Errno>
    ) {
        // listxattr(2) says of a file without any that there are none.
        guard question != .names || answer != .failure(.noData) else { return }
        var (table, id) = table()
        #expect(known(table, question, id) == nil)
        let isNew = table.learned(
            answer, question, of: id, changed: changed, at: .zero, asOf: later)
        #expect(isNew, "the index lacks it")
        let isNewAgain = table.learned(
            answer, question, of: id, changed: changed, at: .zero, asOf: later)
        #expect(!isNewAgain)
        #expect(
            known(table, question, id)
                == .init(result: answer, isSure: true, isToBeProven: false))
        let others = Self.questions.filter { $0 != question }
        #expect(others.allSatisfy { known(table, $0, id) == nil })

        var effects = NodeTable.Effects()
        table.update(id, attributes(changed), at: .seconds(2), &effects)
        #expect(known(table, question, id)?.result == answer)
        table.update(id, attributes(later), at: .seconds(3), &effects)
        #expect(known(table, question, id) == nil)
    }

    /// One file's answer says nothing of another's.
    @Test func isOfOneFileAlone() {
        var (table, id) = table()
        var effects = NodeTable.Effects()
        let other = table.enter(
            Node.Place(parent: .root, name: "other"), attributes(changed), validity: nil,
            at: .zero, &effects)
        for question in Self.questions {
            _ = table.learned(
                .failure(.notSupported), question, of: id, changed: changed, at: .zero, asOf: later)
            #expect(known(table, question, other) == nil)
        }
    }

    @Test func whatIsNoAnswerIsNotRemembered() {
        var (table, id) = table()
        for errno: Errno in [.timedOut, .ioError, .stale, .range, .accessDenied] {
            _ = table.learned(
                .failure(errno), .value(.accessACL), of: id, changed: changed, at: .zero,
                asOf: later)
        }
        // Asked before the file was changed.
        _ = table.learned(
            .failure(.noData), .value(.accessACL), of: id, changed: later, at: .zero, asOf: later)
        #expect(known(table, .value(.accessACL), id) == nil)
    }

    /// Where what is known of the file is too old, the share is asked, and this is for when it does not answer.
    @Test func isNoSurerThanTheFilesAttributes() {
        for (consistency, now) in [(Consistency.eventual, Duration.seconds(301)), (.strict, .zero)]
        {
            var (table, id) = table(consistency)
            let question = NodeTable.Question.value(.accessACL)
            _ = table.learned(
                .failure(.noData), question, of: id, changed: changed, at: .zero, asOf: later)
            let found = known(table, question, id, at: now)
            #expect(found == .init(result: .failure(.noData), isSure: false, isToBeProven: false))
        }
    }

    /// A second change may leave the change time as it is.
    @Test(arguments: questions) func whatWasLearnedEarlyIsProven(question: NodeTable.Question) {
        for rights: Duration? in [nil, .seconds(60)] {
            var (table, id) = table(rights: rights)
            let soon = Timestamp(seconds: 1001)
            _ = table.learned(
                .failure(.noData), question, of: id, changed: changed, at: .zero, asOf: soon)
            let early = known(table, question, id, asOf: soon)
            #expect(early?.isSure == true && early?.isToBeProven == false, "it would help nobody")
            let isShared = rights != nil
            let late = known(table, question, id)
            #expect(late?.isSure == !isShared && late?.isToBeProven == !isShared)
            table.setProven(question, of: id, true)
            #expect(known(table, question, id)?.isToBeProven == false)
            table.setProven(question, of: id, false)
            #expect(known(table, question, id)?.isSure == !isShared)
            _ = table.learned(
                .failure(.noData), question, of: id, changed: changed, at: .zero, asOf: later)
            let proven = known(table, question, id)
            #expect(proven?.isSure == true && proven?.isToBeProven == false)
        }
    }

    /// A server that is behind gives one change time, in whole seconds, to changes of now and of some minutes ago by our clock.
    @Test(arguments: questions) func aClockThatIsBehindHidesNoChange(question: NodeTable.Question) {
        let minutesAgo = Timestamp(seconds: 2_000_000_000)
        let wall = Timestamp(seconds: minutesAgo.seconds + 600)
        var (table, id) = table(changed: minutesAgo)
        func learn(at asked: Duration) {
            _ = table.learned(
                .failure(.noData), question, of: id, changed: minutesAgo, at: asked, asOf: wall)
        }
        learn(at: .zero)
        #expect(known(table, question, id, at: .seconds(1), asOf: wall)?.isToBeProven == false)
        #expect(known(table, question, id, at: .seconds(3), asOf: wall)?.isToBeProven == true)
        // What was asked early is no surer for a late answer.
        learn(at: .seconds(1))
        #expect(known(table, question, id, at: .seconds(3), asOf: wall)?.isToBeProven == true)
        learn(at: .seconds(3))
        #expect(known(table, question, id, at: .seconds(4), asOf: wall)?.isToBeProven == false)
        // It changes elsewhere, in the next second of the server.
        var effects = NodeTable.Effects()
        let next = Timestamp(seconds: minutesAgo.seconds + 1)
        table.update(id, attributes(next), at: .seconds(10), &effects)
        _ = table.learned(
            .failure(.noData), question, of: id, changed: next, at: .seconds(10), asOf: wall)
        #expect(known(table, question, id, at: .seconds(11), asOf: wall)?.isToBeProven == false)
        #expect(known(table, question, id, at: .seconds(13), asOf: wall)?.isToBeProven == true)
    }

    /// Finer times are of a clock whose steps are too short for that.
    @Test func aTimeInNanosecondsIsBelievedByItsAge() {
        let fine = Timestamp(seconds: 2_000_000_000, nanoseconds: 1)
        var (table, id) = table(changed: fine)
        let wall = Timestamp(seconds: fine.seconds + 3)
        let question = NodeTable.Question.value(.accessACL)
        _ = table.learned(
            .failure(.noData), question, of: id, changed: fine, at: .zero, asOf: wall)
        #expect(known(table, question, id, at: .seconds(9), asOf: wall)?.isToBeProven == false)
    }

    /// From one mount to the next.
    @Test func outlastsTheMount() {
        var (table, id) = table()
        let answers: [(NodeTable.Question, Result<[UInt8], Errno>)] = [
            (.value(.accessACL), .failure(.noData)), (.value(.defaultACL), .failure(.notSupported)),
            (.value("user.k"), .success([7])), (.value("user.none"), .failure(.noData)),
            (.value("bogus"), .failure(.notSupported)), (.names, .success(Array("user.k\0".utf8))),
        ]
        for (question, answer) in answers {
            _ = table.learned(answer, question, of: id, changed: changed, at: .zero, asOf: later)
        }
        let stored = table.attributeKnowledge(of: id)
        for (wall, isProven) in [(later, true), (changed, false)] {
            var (next, same) = self.table()
            next.adopt(stored, for: same, changed: changed, asOf: wall)
            for (question, answer) in answers {
                let found = known(next, question, same)
                #expect(
                    found == .init(result: answer, isSure: true, isToBeProven: !isProven))
            }
            // It has changed since.
            (next, same) = self.table(changed: later)
            next.adopt(stored, for: same, changed: changed, asOf: wall)
            #expect(answers.allSatisfy { known(next, $0.0, same) == nil })
        }
    }

    /// However many values there are, and however large.
    @Test func valuesAreBounded() {
        var answers = AttributeAnswers()
        let value = [UInt8](repeating: 1, count: AttributeAnswers.valueMax)
        for number in 0..<20_000 {
            answers.set(
                .init(result: .success(value), isProven: true), for: .names,
                of: NodeID(raw: UInt64(number)))
            #expect(answers.bytes <= AttributeAnswers.bytesMax)
        }
        answers.set(
            .init(result: .success(value + [1]), isProven: true), for: .names, of: .root)
        #expect(answers[.root, .names] == nil)
        answers = AttributeAnswers()
        for number in 0..<(AttributeAnswers.answersMax + 10) {
            answers.set(
                .init(result: .failure(.noData), isProven: true), for: .value("user.k"),
                of: NodeID(raw: UInt64(number)))
        }
        #expect(answers.count == 10)
    }
}
