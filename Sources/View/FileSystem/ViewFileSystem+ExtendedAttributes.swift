public import Fuse
public import Model

import Platform
import Share
import Synchronization

/// Extended attributes: the share's, cached beside the attributes. `ls -l` asks for ACLs of every file.
extension ViewFileSystem {
    public func getExtendedAttribute(_ request: FuseRequest, node: UInt64, name: Name, size: Int) {
        answer(request, node, .value(name), size: size)
    }

    public func listExtendedAttributes(_ request: FuseRequest, node: UInt64, size: Int) {
        answer(request, node, .names, size: size)
    }

    private func answer(
        _ request: FuseRequest, _ node: UInt64, _ question: ExtendedAttributeCache.Question,
        size: Int
    ) {
        if extendedAttributes.isUnsupported {
            // ENOSYS: the kernel does not ask again, and says EOPNOTSUPP to the program by itself.
            request.reply(error: .notImplemented)
            return
        }
        let id = NodeID(raw: node)
        let (location, changed) = namespace.table.withLock {
            ($0.isKnown(id) ? $0.location(of: id) : nil, $0[id]?.attributes.changed)
        }
        if case .value(let name) = question, name.bytes.starts(with: "user.".utf8),
            !allows(.read, request, on: id)
        {
            request.reply(error: .accessDenied)
            return
        }
        guard let location, let changed else {
            answerNameless(request, id, question, size: size)
            return
        }
        let now = clock.monotonic
        let isForAll = request.caller.userID == 0 || question != .names
        if let known = extendedAttributes.answer(id, question, changed: changed, at: now) {
            return Self.reply(
                isForAll ? known : known.map(Self.namesForAll), to: request, size: size)
        }
        let completion: @Sendable (Result<[UInt8], Errno>) -> Void = { [self] result in
            extendedAttributes.remember(result, id, question, changed: changed, at: now)
            if case .failure(.stale) = result { doubt(.stale, id) }
            Self.reply(
                isForAll ? result : result.map(Self.namesForAll), to: request, size: size)
        }
        switch question {
        case .value(let name):
            share.extendedAttribute(name, of: location, completion: completion)
        case .names: share.extendedAttributeNames(of: location, completion: completion)
        }
        request.endsWhenCallerIsKilled()
    }

    /// Names of `trusted.*` are told to administrators only (xattr(7)).
    private static func namesForAll(_ names: [UInt8]) -> [UInt8] {
        names.split(separator: 0).filter { !$0.starts(with: "trusted.".utf8) }
            .reduce(into: []) { $0 += $1 + [0] }
    }

    /// Of a file that lost its last name and is open.
    private func answerNameless(
        _ request: FuseRequest, _ id: NodeID, _ question: ExtendedAttributeCache.Question, size: Int
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
        } completion: {
            Self.reply($0, to: request, size: size)
        }
        request.endsWhenCallerIsKilled()
    }

    private static func reply(
        _ result: Result<[UInt8], Errno>, to request: FuseRequest, size: Int
    ) {
        switch result {
        case .failure(let errno): request.reply(error: errno)
        case .success(let value) where size == 0: request.reply(xattrSize: value.count)
        case .success(let value) where value.count > size: request.reply(error: .range)
        case .success(let value): value.withUnsafeBytes { _ = request.reply(bytes: $0) }
        }
    }
}
