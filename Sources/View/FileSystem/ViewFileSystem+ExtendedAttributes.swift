public import Fuse
public import Model

import Platform
import Share

/// Extended attributes: the share's, remembered with the attributes. `ls -l` asks for ACLs of every file, and so does
/// the kernel where it decides by them.
extension ViewFileSystem {
    public func getExtendedAttribute(_ request: FuseRequest, node: UInt64, name: Name, size: Int) {
        answer(request, NodeID(raw: node), .value(name), size: size)
    }

    public func listExtendedAttributes(_ request: FuseRequest, node: UInt64, size: Int) {
        answer(request, NodeID(raw: node), .names, size: size)
    }

    private func answer(
        _ request: FuseRequest, _ id: NodeID, _ question: AttributeKnowledge.Question, size: Int
    ) {
        guard case .value(let name) = question, name.bytes.starts(with: "user.".utf8) else {
            answerAdmitted(request, id, question, size: size)
            return
        }
        admit(request, .read, on: id) { [self] in
            answerAdmitted(request, id, question, size: size)
        }
    }

    private func answerAdmitted(
        _ request: FuseRequest, _ id: NodeID, _ question: AttributeKnowledge.Question, size: Int
    ) {
        let (location, known) = nodes.attribute(question, of: id, proves: true)
        guard let location else {
            answerNameless(request, id, question, size: size)
            return
        }
        if let known, known.isSure {
            reply(known.result, question, to: request, size: size)
            if known.isToBeProven { prove(question, of: id, location, known.result) }
            return
        }
        ask(question, of: id, location) { [self] result in
            var result = result
            // What was known holds while the share cannot say anything else.
            if case .failure(let errno) = result, !errno.isOfAttribute, let known {
                result = known.result
            }
            reply(result, question, to: request, size: size)
        }
        request.endsWhenCallerIsKilled()
        if heedsACLs, known == nil, question == .value(.accessACL), !share.attributeNature.isNear {
            askAhead(request, of: id)
        }
    }

    /// Asks once more for what was answered already.
    private func prove(
        _ question: AttributeKnowledge.Question, of id: NodeID, _ location: ShareLocation,
        _ known: Result<[UInt8], Errno>
    ) {
        ask(question, of: id, location, urgency: .background) { [nodes, invalidator] result in
            if case .failure(let errno) = result, !errno.isOfAttribute {
                nodes.isUnproven(question, of: id)
            } else if result != known {
                // What the kernel keeps of it is older.
                invalidator.add([.inode(id)])
            }
        }
    }

    /// Asks the share, once for all who ask meanwhile, and remembers what it says.
    func ask(
        _ question: AttributeKnowledge.Question, of id: NodeID, _ location: ShareLocation,
        urgency: ShareScheduler.Urgency = .demand,
        completion: @escaping AttributeFlights.Completion
    ) {
        let (changed, isUnread) = nodes.attributeState(of: id)
        if isUnread {
            // What the index knows of the root comes with its names.
            namespace.stored.readIndex(id, location.path) { [self] in
                let known = nodes.attribute(question, of: id).known
                if let known, known.isSure { return completion(known.result) }
                ask(question, of: id, location, urgency: urgency) { result in
                    guard case .failure(let errno) = result, !errno.isOfAttribute, let known else {
                        return completion(result)
                    }
                    completion(known.result)
                }
            }
            return
        }
        let key = AttributeFlights.Key(node: id, question: question, changed: changed)
        let isWanted = urgency == .demand
        let (isFirst, promoted) = attributeFlights.join(key, isWanted: isWanted, completion)
        if let promoted { share.scheduler.promote(promoted) }
        guard isFirst else { return }
        let (now, wall) = (clock.monotonic, clock.wall)
        let take: AttributeFlights.Completion = { [self] result in
            if let changed {
                namespace.stored.learned(
                    result, question, of: id, changed: changed, at: now, asOf: wall)
            }
            if case .failure(.stale) = result { doubt(.stale, id) }
            for waiter in attributeFlights.ended(key) { waiter(result) }
        }
        let ticket =
            switch question {
            case .value(let name):
                share.extendedAttribute(name, of: location, urgency: urgency, completion: take)
            case .names:
                share.extendedAttributeNames(of: location, urgency: urgency, completion: take)
            }
        if !isWanted, let late = attributeFlights.asked(key, ticket) {
            share.scheduler.promote(late)
        }
    }

    /// Somebody is asked for the ACL of one file after the other, as they come in their folder: those of the next are asked
    /// for at once.
    private func askAhead(_ request: FuseRequest, of id: NodeID) {
        let user = request.caller.userID
        let nature = share.attributeNature
        let next = nodes.nextWithoutAccessList(
            behind: id, for: user, nature, atMost: Self.accessListsAhead)
        for (node, location) in next {
            ask(.value(.accessACL), of: node, location, urgency: .prefetch) { _ in }
        }
    }

    private static var accessListsAhead: Int { 15 }

    /// Of a file that lost its last name and is open.
    private func answerNameless(
        _ request: FuseRequest, _ id: NodeID, _ question: AttributeKnowledge.Question, size: Int
    ) {
        guard let open = nameless(id) else {
            request.reply(error: .stale)
            return
        }
        share.change { (lane) throws(Errno) -> [UInt8] in
            switch question {
            case .value(let name): try open.extendedAttribute(lane, name)
            case .names: try open.extendedAttributeNames(lane)
            }
        } completion: { [self] in
            reply($0, question, to: request, size: size)
        }
        request.endsWhenCallerIsKilled()
    }

    private func reply(
        _ result: Result<[UInt8], Errno>, _ question: AttributeKnowledge.Question,
        to request: FuseRequest, size: Int
    ) {
        switch result {
        // By an error the kernel would let nobody in.
        case .failure(.notSupported) where heedsACLs && question.isACL:
            request.reply(error: .noData)
        // The kernel would ask for no attribute of any file any more.
        case .failure(.notImplemented): request.reply(error: .notSupported)
        case .failure(let errno): request.reply(error: errno)
        case .success(let value):
            let isForAll = request.caller.userID == 0 || question != .names
            let shown = isForAll ? value : Self.namesForAll(value)
            if size == 0 {
                request.reply(xattrSize: shown.count)
            } else if shown.count > size {
                request.reply(error: .range)
            } else {
                shown.withUnsafeBytes { _ = request.reply(bytes: $0) }
            }
        }
    }

    /// Names of `trusted.*` are told to administrators only (xattr(7)).
    private static func namesForAll(_ names: [UInt8]) -> [UInt8] {
        names.split(separator: 0).filter { !$0.starts(with: "trusted.".utf8) }
            .reduce(into: []) { $0 += $1 + [0] }
    }
}

extension AttributeKnowledge.Question {
    fileprivate var isACL: Bool { self == .value(.accessACL) || self == .value(.defaultACL) }
}

extension Errno {
    /// Whether the share has said something of the attribute or of its file.
    fileprivate var isOfAttribute: Bool {
        switch self {
        case .noData, .notSupported, .notImplemented, .range: true
        default: isAboutFile || self == .argumentListTooLong
        }
    }
}
