import Model
import Share

/// Extended attributes, as far as they are known: a file's change time moves with each of them, so what was learned holds
/// for as long as that does.
///
/// Nothing is concluded from one file for another: what a share cannot keep for a socket, a symbolic link or below
/// one of its mounts, it may keep elsewhere.
extension NodeTable {
    typealias Question = AttributeKnowledge.Question

    struct KnownAttribute: Sendable, Equatable {
        var result: Result<[UInt8], Errno>
        /// False where the share is to be asked first, and this holds only if it cannot be reached.
        var isSure: Bool
        /// The share is to be asked behind the asker's back: see ``learned(_:_:of:changed:at:asOf:)``.
        var isToBeProven: Bool
    }

    /// What is known of one attribute, or of all names; nil for nothing.
    func attribute(
        _ question: Question, of id: NodeID, at now: Duration, asOf wall: Timestamp
    ) -> KnownAttribute? {
        guard isKnown(id), let node = self[id], let (result, isProven) = answer(question, node, id)
        else { return nil }
        let isToBeProven =
            !isProven
            && node.attributes.changed.isSettled(
                asOf: wall, seenFor: node.changedSeenAt.elapsed(at: now))
        let isFresh =
            rules.consistency == .eventual
            && rules.attributesState(of: node.validity, at: now) != .expired
        // Where others' rights depend on it, it is proven first.
        let isSure = isFresh && !(isToBeProven && rules.rightsLifetime != nil)
        return KnownAttribute(
            result: result, isSure: isSure, isToBeProven: isToBeProven && isSure)
    }

    private func answer(
        _ question: Question, _ node: Node, _ id: NodeID
    ) -> (Result<[UInt8], Errno>, isProven: Bool)? {
        if let common = AttributeKnowledge.Common(question) {
            let isProven = !node.attributesUnproven.contains(common)
            if node.attributesAbsent.contains(common) {
                return (question == .names ? .success([]) : .failure(.noData), isProven)
            }
            if node.attributesUnsupported.contains(common) {
                return (.failure(.notSupported), isProven)
            }
        }
        return extendedAttributes[id, question].map { ($0.result, $0.isProven) }
    }

    /// By what, besides its mode, others than its owner are let in, while that is known.
    func accessList(of id: NodeID) -> AccessList? {
        guard let node = self[id], let known = answer(.value(.accessACL), node, id) else {
            return nil
        }
        if case .success(let value) = known.0 { return AccessList(value) }
        return AccessList.none
    }

    /// Somebody waits for a file's ACL. - Returns: whether it is not the first of its folder.
    mutating func isAskedForLists(around id: NodeID) -> Bool {
        guard id != .root, let folder = self[id]?.place.parent, let state = directories[folder]
        else { return false }
        directories[folder]?.isAskedForLists = true
        return state.isAskedForLists
    }

    /// Files like this one that follow it in its folder, of whose ACL nothing is known though it may count for a user.
    func withoutAccessList(
        behind id: NodeID, for user: UInt32, _ nature: AttributeNature, atMost count: Int
    ) -> [(NodeID, ShareLocation)] {
        guard id != .root, let node = self[id], let order = directories[node.place.parent]?.order,
            let place = order.firstIndex(where: { $0.node == id })
        else { return [] }
        let kind = node.attributes.kind
        // No more are looked at than could be asked for, others between them included.
        return order[(place + 1)...].prefix(16 * count).lazy.filter { entry in
            guard let next = self[entry.node], next.attributes.kind == kind,
                nature.mayDependOnList(user: user, on: next.attributes)
            else { return false }
            return accessList(of: entry.node) == nil
        }.prefix(count).compactMap { entry in location(of: entry.node).map { (entry.node, $0) } }
    }

    /// The share has answered.
    ///
    /// Who changes an attribute within the coarsest step of the share's clock may leave the change time as it is: what is
    /// learned so early is asked for once more when that is over.
    ///
    /// - Parameters:
    ///   - changed: the file's change time as it was known when the share was asked.
    ///   - asked: when that was, by either clock: what the share has said is no younger for having taken its time.
    /// - Returns: whether the index lacks it.
    mutating func learned(
        _ result: Result<[UInt8], Errno>, _ question: Question, of id: NodeID,
        changed: Timestamp, at asked: Duration, asOf wall: Timestamp
    ) -> Bool {
        guard isKnown(id), let node = self[id], node.attributes.changed == changed else {
            return false
        }
        switch result {
        case .success(let value) where value.count > AttributeAnswers.valueMax:
            forget(question, of: id)
            return false
        case .failure(let errno) where errno != .noData && errno != .notSupported: return false
        default: break
        }
        let known = answer(question, node, id)
        forget(question, of: id)
        let isProven = changed.isSettled(
            asOf: wall, seenFor: node.changedSeenAt.elapsed(at: asked))
        note(result, question, of: id, isProven: isProven)
        return known?.0 != result && !node.isDetached
    }

    /// It is being asked for once more. - Parameter isProven: false where that failed.
    mutating func setProven(_ question: Question, of id: NodeID, _ isProven: Bool) {
        guard isKnown(id), let node = self[id], let (result, _) = answer(question, node, id) else {
            return
        }
        forget(question, of: id)
        note(result, question, of: id, isProven: isProven)
    }

    /// A file was just made: it has no capabilities, after which the kernel asks before each write. (ACLs it may have by
    /// inheritance.)
    mutating func madeFile(_ id: NodeID) {
        guard isKnown(id) else { return }
        note(.failure(.noData), .value("security.capability"), of: id, isProven: true)
    }

    private mutating func note(
        _ result: Result<[UInt8], Errno>, _ question: Question, of id: NodeID, isProven: Bool
    ) {
        let common = AttributeKnowledge.Common(question)
        switch (result, common) {
        case (.success([]), .some(.names)): self[id]?.attributesAbsent.insert(.names)
        case (.failure(.noData), .some(let common)):
            self[id]?.attributesAbsent.insert(common)
        case (.failure(.notSupported), .some(let common)):
            self[id]?.attributesUnsupported.insert(common)
        default:
            extendedAttributes.set(.init(result: result, isProven: isProven), for: question, of: id)
            return
        }
        if let common, !isProven { self[id]?.attributesUnproven.insert(common) }
    }

    private mutating func forget(_ question: Question, of id: NodeID) {
        extendedAttributes.remove(question, of: id)
        guard let common = AttributeKnowledge.Common(question) else { return }
        self[id]?.attributesAbsent.remove(common)
        self[id]?.attributesUnsupported.remove(common)
        self[id]?.attributesUnproven.remove(common)
    }

    /// They were changed through the view, or the file's change time has moved.
    mutating func forgetAttributes(of id: NodeID) {
        guard isKnown(id) else { return }
        extendedAttributes.remove(id)
        self[id]?.attributesAbsent = []
        self[id]?.attributesUnsupported = []
        self[id]?.attributesUnproven = []
    }

    // MARK: - The index

    /// What of it outlasts the mount.
    func attributeKnowledge(of id: NodeID) -> AttributeKnowledge {
        guard isKnown(id), let node = self[id] else { return AttributeKnowledge() }
        return AttributeKnowledge(
            absent: node.attributesAbsent, unsupported: node.attributesUnsupported,
            answers: extendedAttributes[id].compactMapValues {
                AttributeKnowledge.Answer($0.result)
            })
    }

    /// Takes in what the index knew of a file.
    ///
    /// - Parameters:
    ///   - changed: the change time that it had.
    ///   - wall: no later than when it was learned.
    mutating func adopt(
        _ knowledge: AttributeKnowledge, for id: NodeID, changed: Timestamp, asOf wall: Timestamp
    ) {
        guard !knowledge.isEmpty, isKnown(id), let node = self[id],
            node.attributes.changed == changed,
            // What was learned in this mount is younger.
            node.attributesAbsent.isEmpty, node.attributesUnsupported.isEmpty
        else { return }
        // For how long its change time was known then the index does not tell.
        let isProven = changed.isSettled(asOf: wall, seenFor: .zero)
        self[id]?.attributesAbsent = knowledge.absent
        self[id]?.attributesUnsupported = knowledge.unsupported
        self[id]?.attributesUnproven =
            isProven ? [] : knowledge.absent.union(knowledge.unsupported)
        for (question, answer) in knowledge.answers
        where extendedAttributes[id, question] == nil {
            extendedAttributes.set(
                .init(result: answer.result, isProven: isProven), for: question, of: id)
        }
    }
}
