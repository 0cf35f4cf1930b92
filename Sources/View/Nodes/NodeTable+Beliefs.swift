import Model
import Platform

/// What the kernel decides by itself, by what it was told of a name.
///
/// Whoever wants to make a name, or to move something to it, is refused by the kernel where the name is there already; and
/// programs on several machines exclude each other by that. The kernel asks for the name before, whatever it believes,
/// and does not say why it asks.
extension NodeTable {
    /// How lately a file must have changed to be taken for one that comes and goes.
    private static let lockAgeMax = 60.0
    /// Bytes in such a file: a number, a host's name.
    private static let lockSizeMax: Int64 = 64
    /// Within which a thread that was answered has taken its answer, also on a busy machine, and other threads may ask the
    /// same for they cannot know of it.
    private static let takingTime = Duration.milliseconds(50)

    /// Who was told of a name that the kernel had ceased to believe.
    struct Told: Sendable {
        /// As the kernel numbers it, in the daemon's namespace.
        var thread: Int32
        var time: Duration
    }

    /// - Parameter id: by the name that it is asked for by.
    mutating func noteBelief(in id: NodeID, until time: Duration) {
        self[id]?.believedUntil = UInt32(clamping: Int64(time / .milliseconds(62.5)))
    }

    /// The caller is about to be told what is known of a name. To be noted before ``noteBelief(in:until:)``.
    ///
    /// - Parameter caller: its thread, or 0 for one that cannot be told from others.
    mutating func noteAnswer(of id: NodeID, to caller: Int32, at now: Duration) {
        guard caller != 0, let node = self[id], node.lookups > 0,
            !isBelieved(node.believedUntil, at: now)
        else { return }
        _ = told.insert(Told(thread: caller, time: now), for: id)
    }

    /// Whether the kernel may not know yet what it was told of a name: the thread that was told has to run before it does,
    /// and until then all others ask as well. One that has ended has run.
    private mutating func isOnItsWay(
        _ id: NodeID, besides caller: Int32, at now: Duration
    ) -> Bool {
        guard caller != 0, let told = told.value(for: id), told.thread != caller,
            now - told.time < Self.takingTime
        else { return false }
        return ProcessReference.isThere(thread: told.thread)
    }

    /// - Parameter until: of ``Node/believedUntil``.
    func isBelieved(_ until: UInt32, at now: Duration) -> Bool {
        Int64(now / .milliseconds(62.5)) < Int64(until)
    }

    /// Whether the share is to be asked for a name that is known well enough for other purposes: the kernel asks although it
    /// may believe what it was told, as it does for who makes the name or moves something to it; or the file is as small and
    /// as young as those by which programs exclude each other.
    ///
    /// - Parameter caller: the thread that asks.
    mutating func isToBeSure(
        _ id: NodeID, for caller: Int32, at now: Duration, wall: Timestamp
    ) -> Bool {
        guard rules.consistency == .eventual, let node = self[id], otherPlaces[id] == nil else {
            return false
        }
        if node.lookups > 0, isBelieved(node.believedUntil, at: now),
            !isOnItsWay(id, besides: caller, at: now)
        {
            return true
        }
        guard state(of: node, at: now) == .aging,
            abs(wall.seconds(since: node.attributes.changed)) < Self.lockAgeMax
        else { return false }
        guard let inside = directories[id] else {
            return node.attributes.size <= Self.lockSizeMax
        }
        return inside.knowledge == .complete && inside.children.isEmpty
    }

    /// The share has said that something has the name, which is not known here: the next look asks for it.
    mutating func expectSomething(at place: Node.Place) {
        guard directories[place.parent]?.children[place.name] == nil else { return }
        becomesUnknown(place)
    }
}
