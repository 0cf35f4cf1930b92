/// What a replay is run with.
public struct ReplaySettings: Sendable {
    /// Bytes of the cache; nil: what the model uses.
    public var memory: Int64?
    /// Bytes of a chunk in the second table; nil: what the model uses.
    public var chunk: Int?
    public var foresight: ForesightSettings
    public var methods: Set<MethodName>
    public var policies: Set<PolicyName>
    /// nil: without the third table.
    public var correlations: CorrelationSettings?

    public var share: ShareModel { foresight.share }

    public init(
        memory: Int64? = nil, chunk: Int? = nil,
        foresight: ForesightSettings = ForesightSettings(),
        methods: Set<MethodName> = Set(MethodName.allCases),
        policies: Set<PolicyName> = Set(PolicyName.allCases),
        correlations: CorrelationSettings? = nil
    ) {
        self.memory = memory
        self.chunk = chunk
        self.foresight = foresight
        self.methods = methods
        self.policies = policies
        self.correlations = correlations
    }
}
