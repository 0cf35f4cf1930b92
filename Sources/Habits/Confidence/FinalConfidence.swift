public import Model

/// What a prediction is worth acting on: its probability × the accuracy of the latest ones × the resources that are free × its
/// context, at most 1. To be held against the limit of the strategy (0.5, 0.7 or 0.9).
public struct FinalConfidence: Sendable, Equatable {
    /// What speaks for or against fetching it, beside that it is likely: 1 for an ordinary file.
    public struct Context: Sendable, Equatable {
        public var priority: Priority
        /// It will be read from its beginning on.
        public var isSequential: Bool
        /// Bytes to fetch.
        public var bytes: Int64

        public init(priority: Priority = .medium, isSequential: Bool = false, bytes: Int64 = 0) {
            self.priority = priority
            self.isSequential = isSequential
            self.bytes = bytes
        }

        /// A mistake with less than this costs little.
        static let smallBytes: Int64 = 1 << 20
        /// And with more than this, much.
        static let largeBytes: Int64 = 256 << 20

        /// Product of three: of priority 1.2 (critical), 1.1 (high), 1 or 0.8 (low); 1.1 for what is read in order; 1.1 for less than
        /// 1 MiB, 0.9 from 256 MiB on.
        public var factor: Double {
            let priorityFactor =
                switch priority {
                case .critical: 1.2
                case .high: 1.1
                case .medium: 1.0
                case .low: 0.8
                }
            let sizeFactor =
                bytes < Self.smallBytes ? 1.1 : bytes < Self.largeBytes ? 1.0 : 0.9
            return priorityFactor * (isSequential ? 1.1 : 1) * sizeFactor
        }
    }

    /// 0 ... 1.
    public var probability: Double
    /// ``RecentAccuracy``.
    public var accuracy: Double
    /// Share of what prefetching may use that is free: 0 ... 1.
    public var resourcesFree: Double
    public var context: Context

    public init(
        probability: Double, accuracy: Double, resourcesFree: Double, context: Context = Context()
    ) {
        self.probability = probability
        self.accuracy = accuracy
        self.resourcesFree = resourcesFree
        self.context = context
    }

    public var value: Double {
        let product = probability * accuracy * resourcesFree * context.factor
        return min(1, max(0, product))
    }
}
