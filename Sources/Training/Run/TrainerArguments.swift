/// What `larder-train` was asked for on the command line. Pure.
public enum TrainerArguments: Equatable, Sendable {
    case help, version
    case train(TrainerOptions)

    enum Option: String, CaseIterable {
        case samples = "--samples"
        case model = "--model"
        case seed = "--seed"
        case memory = "--memory"
        case parent = "--parent"
        case help = "--help"
        case version = "--version"
    }

    /// Something that cannot be meant.
    public struct Mistake: Error, Equatable, Sendable, CustomStringConvertible {
        public var description: String
    }

    /// - Parameter words: without the program's name.
    public init(_ words: [String]) throws(Mistake) {
        var options = TrainerOptions()
        var rest = words[...]
        while let word = rest.popFirst() {
            guard let option = Option(rawValue: word) else {
                throw Mistake(description: "unknown option \(word)")
            }
            switch option {
            case .help:
                self = .help
                return
            case .version:
                self = .version
                return
            default: break
            }
            guard let value = rest.popFirst() else {
                throw Mistake(description: "\(word) needs a value")
            }
            try options.set(option, value)
        }
        guard !options.model.isEmpty else {
            throw Mistake(description: "--model is missing: the file to write")
        }
        self = .train(options)
    }
}
