/// Which predictors are asked. One that is left out is not called, and so costs nothing.
public struct PredictorSet: OptionSet, Sendable, Hashable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The index at a container's end.
    public static let container = PredictorSet(rawValue: 1)
    /// Subtitles, artwork and notes of what is opened.
    public static let sidecar = PredictorSet(rawValue: 2)
    /// The coming files of a folder that is read file after file.
    public static let sweep = PredictorSet(rawValue: 4)
    /// What is read where somebody jumps to.
    public static let jump = PredictorSet(rawValue: 8)
    /// What follows in a stream: forward, backward or strided.
    public static let stream = PredictorSet(rawValue: 16)
    /// The next episode, track or part.
    public static let series = PredictorSet(rawValue: 32)

    public static let all: PredictorSet = [.container, .sidecar, .sweep, .jump, .stream, .series]

    /// Each by the name that people type.
    public static let names: [(name: String, predictor: PredictorSet)] = [
        ("container", .container), ("sidecar", .sidecar), ("sweep", .sweep), ("jump", .jump),
        ("stream", .stream), ("series", .series),
    ]

    public init?(name: String) {
        guard let known = Self.names.first(where: { $0.name == name }) else { return nil }
        self = known.predictor
    }
}
