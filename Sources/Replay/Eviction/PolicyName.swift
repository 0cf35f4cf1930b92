/// An eviction policy, by the name that people choose it with.
public enum PolicyName: String, Sendable, CaseIterable {
    case lru, arc
    case s3FIFO = "s3-fifo"
    case windowTinyLFU1 = "w-tinylfu-1"
    case windowTinyLFU20 = "w-tinylfu-20"
    case adaptiveTinyLFU = "adaptive-w-tinylfu"
    case lfuAgeing = "lfu-ageing"
    case retention
    case belady
}
