import Model
import Platform
import Share
import Synchronization
import Tiers

/// Files with several names, before their contents change.
extension ViewFileSystem {
    /// How long a change waits for pages of the file's other nodes. They are dropped in microseconds, unless what is under way on
    /// them waits for the share; or for this change, by a way that nobody has thought of.
    private static let dropPatience = Duration.seconds(1)

    /// Begins a change of a file's contents. Where the file has other nodes, the kernel has written out and dropped what it has
    /// of their pages before: those would come over what is written now.
    ///
    /// - Parameter body: must not wait; ends in ``finishChange(of:_:_:)``. Is not called when the view ends first.
    func beginChange(
        of id: NodeID, _ bytes: Range<Int64>, _ body: @escaping @Sendable () -> Void
    ) {
        let aliases = nodes.change { table, now, effects in
            table.willChange(id, bytes)
            table.willWrite(id, at: now, &effects)
            return table.aliasesToDrop(of: id, bytes, &effects)
        }
        drop(bytes, of: aliases, then: body)
    }

    /// Answers a change that was begun by ``beginChange(of:_:_:)``. The kernel has dropped what it had of the file's other nodes by
    /// then.
    func finishChange(
        of id: NodeID, _ bytes: Range<Int64>, _ reply: @escaping @Sendable () -> Void
    ) {
        let aliases = nodes.change { (table, _, effects) in
            table.aliasesToDrop(of: id, bytes, &effects)
        }
        drop(bytes, of: aliases) { [nodes] in
            reply()
            nodes.didChange(id, bytes)
        }
    }

    private func drop(
        _ bytes: Range<Int64>, of aliases: [NodeID], then body: @escaping @Sendable () -> Void
    ) {
        guard !aliases.isEmpty else { return body() }
        // Given up with the call: it may hold a file open, which the delay would do for long.
        let waiting = Mutexed<(@Sendable () -> Void)?>(body)
        let once: @Sendable () -> Void = { waiting.withLock { $0.take() }?() }
        invalidator.drop(bytes, of: aliases, then: once)
        delays.submit(due: clock.monotonic + Self.dropPatience, once)
    }

    /// Before a modification time is set by hand: it may come to be that of an older version, whose chunks would count
    /// again, under any name of the file. On a lane.
    ///
    /// - Parameter path: where the file lies; nil where no name leads to it.
    /// - Returns: whether names that are not known were seen to.
    func discardVersions(
        of id: NodeID, at path: RelativePath?, _ changes: AttributeChanges
    ) -> Bool {
        guard case .set(let time) = changes.modified, let disk else { return true }
        let names = nodes.names(of: id)
        for path in Set(names.paths + (path.map { [$0] } ?? [])) { disk.discardDurably(path) }
        if names.mayHaveOthers {
            disk.discardDurably(size: changes.size ?? names.size, modified: time)
        }
        return names.mayHaveOthers
    }

    /// As ``discardVersions(of:at:_:)``, once the share has said what the file is now: others may have given it names
    /// that the view did not know of.
    func discardVersions(
        of id: NodeID, as found: FileAttributes, _ changes: AttributeChanges
    ) {
        guard case .set = changes.modified, let disk else { return }
        let known = nodes.names(of: id).paths.count
        guard Int(found.linkCount) > max(1, known) else { return }
        disk.discardDurably(size: found.size, modified: found.modified)
    }

    /// Whoever opens a file to write goes by one of its names, and the kernel does not say by which: none of those that are
    /// believed to lead to it may lead elsewhere by now, or nowhere. One question to the share for each. On a lane.
    ///
    /// - Parameters:
    ///   - names: of ``NodeTable/severalNames(of:at:)``.
    ///   - known: what the kernel goes by; nil where that is not known.
    /// - Throws: `ESTALE` where a name does: the kernel looks again, once, and is told what each means.
    func requireOneFile(
        _ names: [NodeTable.KnownName], of id: NodeID, _ known: FileAttributes?, _ lane: ShareLane
    ) throws(Errno) {
        var found: [(place: Node.Place, attributes: FileAttributes)] = []
        var lost: [Node.Place] = []
        for name in names {
            do throws(Errno) {
                found.append((name.place, try lane.attributes(name.location)))
            } catch .noSuchFile {
                lost.append(name.place)
            } catch .notDirectory {
                lost.append(name.place)
            }
        }
        let gone = lost
        // Numbers may not last: then the name that it is asked for by tells which file it is.
        let meant =
            found.first { found in known.map { found.attributes.isSameFile(as: $0) } ?? true }
            ?? found.first
        lost += found.filter { meant?.attributes.isSameFile(as: $0.attributes) == false }
            .map(\.place)
        guard !lost.isEmpty else { return }
        forget(lost, of: id, gone: Set(gone))
        throw .stale
    }

    /// How long the kernel may take to forget a name.
    private static var forgettingPatience: Duration { .milliseconds(250) }

    /// Takes names from a file that do not lead to it on the share, once the kernel has forgotten them: before that somebody may come by
    /// one, and be given the file that it does not lead to. Whoever was sent to look again comes only once more, so all go at a time.
    private func forget(_ lost: [Node.Place], of id: NodeID, gone: Set<Node.Place>) {
        nodes.change { table, now, effects in
            for place in lost { table.doubt(place, isRefused: false, at: now, &effects) }
        }
        let isSent = ConditionMutex(false)
        invalidator.whenSent {
            isSent.withLock { isSent, condition in
                isSent = true
                condition.signal()
            }
        }
        let isForgotten = isSent.wait(timeout: Self.forgettingPatience) { isSent, _ -> Bool? in
            isSent ? true : nil
        }
        guard isForgotten == true else { return }
        nodes.change { table, now, effects in
            for place in lost {
                table.lose(place, of: id, isGone: gone.contains(place), at: now, &effects)
            }
        }
    }
}

extension FileAttributes {
    /// Of two answers of the share.
    fileprivate func isSameFile(as other: FileAttributes) -> Bool {
        device == other.device && inode == other.inode && !isKnownToDiffer(from: other)
    }
}
