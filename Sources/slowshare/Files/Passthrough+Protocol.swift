import Fuse
import Glibc
import Model
import Platform

/// What depends on the protocol that the share seems to speak: see ``ProtocolTraits``.
extension Passthrough {
    // MARK: - Who asks

    /// Runs `body` with the rights that the share grants who asks.
    func acting<Value>(
        _ request: FuseRequest, _ body: () throws(Errno) -> Value
    ) throws(Errno) -> Value {
        guard traits.squash != nil else { return try body() }
        return try ThreadIdentity.act(as: credentials(of: request.caller), umask: nil, body)
    }

    /// As ``acting(_:_:)``, for what makes a file: it belongs to who asked.
    func making<Value>(
        _ request: FuseRequest, _ body: () throws(Errno) -> Value
    ) throws(Errno) -> Value {
        let caller = request.caller
        guard traits.squash != nil else { return try caller.actingAsCaller(body) }
        return try ThreadIdentity.act(as: credentials(of: caller), umask: caller.umask, body)
    }

    private func credentials(of caller: FuseCaller) -> Credentials {
        if let squash = traits.squash, caller.userID == 0 {
            return Credentials(userID: squash.userID, groupID: squash.groupID)
        }
        // A server hears of users and groups, and of nothing that a client's kernel allows them.
        var found = ProcessCredentials.of(
            thread: caller.processID, userID: caller.userID, groupID: caller.groupID)
        found.capabilities = 0
        return found
    }

    // MARK: - Names in any case

    /// The name under which a folder lists what is asked for.
    func listed(_ name: Name, in directory: DescriptorReference) throws(Errno) -> Name {
        guard traits.ignoresCase, (try? attributes(of: name, in: directory)) == nil else {
            return name
        }
        var reader = DirectoryReader(
            try FileCalls.reopen(directory.rawValue, [.readOnly, .directory]))
        let wanted = Self.lowercased(name)
        while let batch = try reader.next() {
            if let entry = batch.first(where: { Self.lowercased($0.name) == wanted }) {
                return entry.name
            }
        }
        return name
    }

    private static func lowercased(_ name: Name) -> String { "\(name)".lowercased() }

    private func attributes(
        of name: Name, in directory: DescriptorReference
    ) throws(Errno) -> FileAttributes {
        try directory.withRawValue { (raw) throws(Errno) in
            try FileCalls.attributes(at: raw, name)
        }
    }

    // MARK: - What is open

    /// How long is waited for an open file to be closed that seems to be about to.
    private static let closingPatience = Duration.milliseconds(100)

    func opened(_ file: OpenFile, of node: UInt64) -> UInt64 {
        let handle = files.add(file)
        if traits.heedsOpenFiles { openNodes.opened(node, handle) }
        return handle
    }

    func closed(_ node: UInt64, _ handle: UInt64) {
        guard traits.heedsOpenFiles else { return }
        guard traits.noticesReleasesLate else { return noticeClose(node, handle) }
        openNodes.releasing(node, handle)
        network.after(ProtocolTraits.lateReleaseTime) { [self] in noticeClose(node, handle) }
    }

    /// Whoever is answered by the server knows that what he closed before was noticed.
    func noticeCloses() {
        for (node, handle) in openNodes.allReleasing { noticeClose(node, handle) }
    }

    private func noticeClose(_ node: UInt64, _ handle: UInt64) {
        for hidden in openNodes.closed(node, handle) {
            try? FileCalls.unlink(at: hidden.folder.rawValue, hidden.name.bytes)
        }
    }

    /// Nodes that are open behind a name: its own, or those below it.
    private func openNodes(
        at directory: DescriptorReference, _ name: Name
    ) -> [UInt64] {
        guard
            let found = try? FileCalls.open(
                at: directory.rawValue, name.bytes, [.pathOnly, .noFollow]),
            let attributes = try? FileCalls.attributes(of: found.rawValue)
        else { return [] }
        guard attributes.isDirectory else {
            return inodes.ids(of: attributes).filter { openNodes.isOpen($0) }
        }
        let folder = Self.path(found.rawValue) + [UInt8(ascii: "/")]
        return openNodes.all.filter { node in
            guard let descriptor = try? inodes.descriptor(of: node) else { return false }
            return Self.path(descriptor.rawValue).starts(with: folder)
        }
    }

    private static func path(_ descriptor: Int32) -> [UInt8] {
        let link = FileCalls.path(of: descriptor)
        return (try? FileCalls.readLink(at: FileCalls.workingDirectory, Name(link))) ?? []
    }

    /// Does `work`, which takes these names from their files; once what is just being closed of them is.
    ///
    /// - Parameters:
    ///   - replaced: which of the names another file is given.
    ///   - work: throws, or does all of it.
    func parting(
        _ kind: OperationKind, _ request: FuseRequest,
        _ names: @escaping @Sendable () throws(Errno) -> [(DescriptorReference, Name)],
        _ work: @escaping @Sendable () throws(Errno) -> Void
    ) {
        let start = network.clock.monotonic
        network.serve(kind, request) { [self] () throws(Errno) in
            guard traits.heedsOpenFiles else {
                try work()
                return .init { request.reply(error: nil) }
            }
            let places = try names()
            let answer = Network.Answer { [self] in
                onceClosed(places, since: start) {
                    do throws(Errno) {
                        try work()
                        request.reply(error: nil)
                    } catch {
                        request.reply(error: error)
                    }
                }
            }
            return answer
        }
    }

    private func onceClosed(
        _ places: [(DescriptorReference, Name)], since start: Duration,
        _ work: @escaping @Sendable () -> Void
    ) {
        let isClosing = places.contains { directory, name in
            openNodes(at: directory, name).contains { openNodes.mayBeClosing($0) }
        }
        guard isClosing, !traits.noticesReleasesLate,
            network.clock.monotonic - start < Self.closingPatience
        else {
            return work()
        }
        network.after(.milliseconds(1)) { [self] in onceClosed(places, since: start, work) }
    }

    /// - Throws: `EACCES` where something is open behind the name that may not lose it then.
    func requireClosed(_ directory: DescriptorReference, _ name: Name) throws(Errno) {
        guard traits.refusesOpenFiles else { return }
        guard openNodes(at: directory, name).isEmpty else { throw .accessDenied }
    }

    /// Gives an open file, which is about to lose its name, another one.
    ///
    /// - Returns: whether it has it.
    /// - Throws: `EBUSY` for one that has such a name already.
    func hideIfOpen(
        _ directory: DescriptorReference, _ name: Name, _ request: FuseRequest
    ) throws(Errno) -> Bool {
        guard traits.renamesOpenFiles,
            let found = try? attributes(of: name, in: directory), found.isRegular,
            let node = inodes.ids(of: found).first(where: { openNodes.isOpen($0) })
        else { return false }
        guard !openNodes.isHidden(node) else { throw .busy }
        let hidden = openNodes.newHiddenName()
        try acting(request) { () throws(Errno) in
            try FileCalls.rename(
                at: directory.rawValue, name, to: directory.rawValue, hidden, flags: 0)
        }
        // Whoever was to take it away has been: nobody will.
        if openNodes.isOnlyReleasing(node) { return true }
        openNodes.hid(node, as: OpenNodes.HiddenName(folder: directory, name: hidden))
        return true
    }
}
