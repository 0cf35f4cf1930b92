import Model
import Testing

@testable import Habits

@Suite struct ConfidenceTests {
    @Test func withoutAModel() {
        // Six hours of 24: recency 0.75. 20 of 100: 0.2. Pattern 0.9. 3 of 10: 0.3.
        // 0.4 · 0.75 + 0.3 · 0.2 + 0.2 · 0.9 + 0.1 · 0.3 = 0.3 + 0.06 + 0.18 + 0.03 = 0.57.
        let some = AccessConfidence(age: 6 * 3600, count: 20, pattern: 0.9, dependencies: 3)
        #expect(abs(some.value - 0.57) < 1e-12)
        let most = AccessConfidence(age: -5, count: 1000, pattern: 2, dependencies: 50)
        #expect(abs(most.value - 1) < 1e-12)
        let none = AccessConfidence(age: 1e9, count: 0, pattern: 0, dependencies: 0)
        #expect(none.value == 0)
    }

    @Test func accuracyOfTheLastHundred() {
        var accuracy = RecentAccuracy()
        for _ in 0..<9 { accuracy.note(right: false) }
        #expect(accuracy.value == 0.8)
        accuracy.note(right: true)
        #expect(accuracy.value == 0.1)
        // The last hundred: 60 right ones, 40 wrong ones; what came before is forgotten.
        for _ in 0..<40 { accuracy.note(right: false) }
        for _ in 0..<60 { accuracy.note(right: true) }
        #expect(accuracy.value == 0.6)
    }

    @Test func finalConfidence() {
        // 0.9 · 0.8 · 0.5 · (1 · 1 · 1.1 for small) = 0.396.
        let plain = FinalConfidence(probability: 0.9, accuracy: 0.8, resourcesFree: 0.5)
        #expect(abs(plain.value - 0.396) < 1e-12)
        // 0.9 · 0.8 · 1 · (0.8 · 1.1 · 0.9) = 0.57024.
        let large = FinalConfidence(
            probability: 0.9, accuracy: 0.8, resourcesFree: 1,
            context: .init(priority: .low, isSequential: true, bytes: 1 << 30))
        #expect(abs(large.value - 0.57024) < 1e-12)
        // 1 · 1 · 1 · (1.2 · 1.1 · 1.1) is more than 1.
        let sure = FinalConfidence(
            probability: 1, accuracy: 1, resourcesFree: 1,
            context: .init(priority: .critical, isSequential: true, bytes: 10))
        #expect(sure.value == 1)
        #expect(FinalConfidence(probability: 1, accuracy: 1, resourcesFree: 0).value == 0)
    }

    @Test func relatedFiles() {
        // 0.4 · 0.9 + 0.3 · 0.5 + 0.3 · 0.6 = 0.36 + 0.15 + 0.18 = 0.69: just under.
        let under = RelatedProbability(pattern: 0.9, time: 0.5, relationship: .folder)
        #expect(abs(under.value - 0.69) < 1e-12)
        #expect(!under.isWorthFetching)
        // A companion at the same: 0.36 + 0.15 + 0.3 = 0.81.
        let over = RelatedProbability(pattern: 0.9, time: 0.5, relationship: .companion)
        #expect(abs(over.value - 0.81) < 1e-12)
        #expect(over.isWorthFetching)
        #expect(RelatedProbability(pattern: 1, time: 0, relationship: .next).isWorthFetching)
        #expect(!RelatedProbability(pattern: 1, time: 0.9, relationship: .none).isWorthFetching)
    }
}
