/// How the trainer is to work.
public struct TrainerOptions: Equatable, Sendable {
    /// `-` is the standard input.
    public var samples = "-"
    public var model = ""
    public var seed: UInt64 = 1
    /// What it may ask for, in bytes.
    public var memoryMax: UInt64 = 400 << 20
    /// Process with which it ends.
    public var parent: Int32?

    public init() {}

    mutating func set(
        _ option: TrainerArguments.Option, _ value: String
    ) throws(TrainerArguments.Mistake) {
        switch option {
        case .samples: samples = value
        case .model: model = value
        case .seed: seed = try Self.number(option, value)
        case .memory: memoryMax = try Self.number(option, value)
        case .parent: parent = try Self.number(option, value)
        case .help, .version: break
        }
    }

    private static func number<Number: FixedWidthInteger>(
        _ option: TrainerArguments.Option, _ value: String
    ) throws(TrainerArguments.Mistake) -> Number {
        guard let number = Number(value), number >= 0 else {
            throw TrainerArguments.Mistake(
                description: "\(option.rawValue) is '\(value)': expected a number")
        }
        return number
    }
}
