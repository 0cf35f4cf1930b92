import Control
import Model

/// What Foresight says, for people: the same words in `status`, `top` and `explain`.
enum ForesightText {
    /// Columns for a path in a table that has no width given.
    static let pathColumns = 40

    /// Whether there is anything that is worth a line.
    static func isWorthSaying(_ foresight: ForesightStatus) -> Bool {
        foresight.pinned || foresight.restraint != nil || foresight.limitBytesPerSecond != nil
            || !foresight.streams.isEmpty
            || !foresight.scores.isEmpty
    }

    static func strategy(_ foresight: ForesightStatus) -> String {
        foresight.strategy + (foresight.pinned ? ", pinned" : ", moves by itself")
    }

    /// `coverage 83.0 %, traffic 1.04 x`.
    static func ratios(_ foresight: ForesightStatus) -> String {
        "coverage \(ratio(foresight.coverage)),"
            + " traffic \(StatusText.decimal(foresight.trafficRatio, digits: 2)) x"
    }

    static func summary(_ foresight: ForesightStatus) -> String {
        var parts = [strategy(foresight), ratios(foresight)]
        if let restraint = foresight.restraint {
            parts.append("less is fetched ahead: \(restraint.printable)")
        }
        if let limit = foresight.limitBytesPerSecond {
            parts.append("at most \(ByteCount(limit))/s ahead now")
        }
        return parts.joined(separator: "; ")
    }

    // MARK: Tables

    /// nil when there is none.
    static func streams(_ streams: [StreamStatus], withPaths: Bool = true) -> TextTable? {
        guard !streams.isEmpty else { return nil }
        let paths = withPaths ? ["stream"] : []
        let header =
            paths + [
                withPaths ? "program" : "stream", "pattern", "sure", "position", "of", "window",
                "ahead", "rate", "reads", "idle",
            ]
        let rows = streams.map { stream in
            (withPaths ? [path(stream).cutAtStart(to: pathColumns)] : []) + [
                program(stream), pattern(stream), ratio(stream.confidence, digits: 0),
                ByteCount(stream.positionBytes).description,
                ByteCount(stream.sizeBytes).description,
                ByteCount(stream.windowBytes).description,
                ByteCount(stream.aheadBytes).description, rate(stream.bytesPerSecond),
                StatusText.grouped(stream.reads), StatusText.span(stream.idleSeconds),
            ]
        }
        return TextTable(header: header, rows: rows, wordColumns: withPaths ? [0, 1, 2] : [0, 1])
    }

    /// nil when there is none.
    static func scores(_ scores: [ScoreStatus]) -> TextTable? {
        guard !scores.isEmpty else { return nil }
        let rows = scores.map { score in
            [
                score.reason.printable, StatusText.grouped(score.predictions),
                ByteCount(score.issuedBytes).description,
                ByteCount(score.usedInTimeBytes).description,
                ByteCount(score.usedLateBytes).description,
                ByteCount(score.unusedBytes).description,
                ByteCount(score.inFlightBytes).description, ratio(score.accuracy),
                ratio(score.precision), ratio(score.recall), score.standing.printable,
            ]
        }
        return TextTable(
            header: [
                "reason", "predictions", "fetched", "in time", "late", "unused", "in flight",
                "accuracy", "precision", "recall", "standing",
            ], rows: rows, wordColumns: [0, 10])
    }

    /// Of ``scores(_:)``, what tells at a glance how it does; 80 columns have room for it.
    static let briefScoreColumns = [0, 2, 3, 4, 5, 7, 10]

    // MARK: Cells

    static func path(_ stream: StreamStatus) -> String {
        stream.path.map { "\($0.path)".printable } ?? "(gone)"
    }

    static func program(_ stream: StreamStatus) -> String {
        stream.program.isEmpty ? "?" : stream.program.printable
    }

    /// `strided 1.00 MiB`.
    static func pattern(_ stream: StreamStatus) -> String {
        let stride = stream.strideBytes == 0 ? "" : " \(ByteCount(abs(stream.strideBytes)))"
        return stream.pattern.printable + stride
    }

    /// A share of one, `-` where it is not known.
    static func ratio(_ value: Double?, digits: Int = 1) -> String {
        guard let value else { return "-" }
        return StatusText.decimal(value * 100, digits: digits) + " %"
    }

    static func rate(_ bytesPerSecond: Double?) -> String {
        guard let rate = bytesPerSecond, rate >= 0, rate < 1e18 else { return "-" }
        return "\(ByteCount(Int64(rate)))/s"
    }

    /// Of everything fetched ahead that has come to an end; nil before anything has.
    static func accuracy(_ scores: [ScoreStatus]) -> Double? {
        let ended = scores.reduce(0) { $0 + Double($1.issuedBytes - $1.inFlightBytes) }
        guard ended > 0 else { return nil }
        let used = scores.reduce(0) { $0 + Double($1.usedInTimeBytes + $1.usedLateBytes) }
        return min(1, used / ended)
    }
}
