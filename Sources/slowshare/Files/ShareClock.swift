import Model
import Platform

/// The clock by which a share gives its files times: another machine's. Pure.
///
/// Every time is shifted, in both directions, so that a time that a client sets is the time that it reads.
struct ShareClock: Hashable, Sendable {
    /// How far it is behind this machine's.
    var behind = Duration.zero
    /// What times are rounded down to, as servers do that keep whole seconds; zero keeps them as they are.
    var step = Duration.zero

    var isOwn: Bool { behind == .zero && step == .zero }

    /// As a client sees them.
    func shown(_ attributes: FileAttributes) -> FileAttributes {
        if isOwn { return attributes }
        var shown = attributes
        shown.accessed = self.shown(attributes.accessed)
        shown.modified = self.shown(attributes.modified)
        shown.changed = self.shown(attributes.changed)
        return shown
    }

    /// As the directory that is served keeps them.
    func stored(_ changes: AttributeChanges) -> AttributeChanges {
        if isOwn { return changes }
        var stored = changes
        if case .set(let time) = changes.accessed { stored.accessed = .set(self.stored(time)) }
        if case .set(let time) = changes.modified { stored.modified = .set(self.stored(time)) }
        return stored
    }

    private func shown(_ time: Timestamp) -> Timestamp {
        let nanoseconds = Self.nanoseconds(time) - Self.nanoseconds(behind)
        let step = max(1, Self.nanoseconds(step))
        let rest = nanoseconds % step
        return Self.time(nanoseconds - (rest < 0 ? rest + step : rest))
    }

    private func stored(_ time: Timestamp) -> Timestamp {
        Self.time(Self.nanoseconds(time) + Self.nanoseconds(behind))
    }

    private static func nanoseconds(_ time: Timestamp) -> Int128 {
        Int128(time.seconds) * 1_000_000_000 + Int128(time.nanoseconds)
    }

    private static func nanoseconds(_ duration: Duration) -> Int128 {
        Int128(duration.components.seconds) * 1_000_000_000
            + Int128(duration.components.attoseconds / 1_000_000_000)
    }

    private static func time(_ nanoseconds: Int128) -> Timestamp {
        let rest = nanoseconds % 1_000_000_000
        let positive = rest < 0 ? rest + 1_000_000_000 : rest
        return Timestamp(
            seconds: Int64((nanoseconds - positive) / 1_000_000_000),
            nanoseconds: UInt32(positive))
    }
}
