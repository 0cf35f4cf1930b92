import Platform
import Testing

@Suite struct DeadlineTests {
    @Test func givesTheResultThatCameInTime() {
        #expect(withDeadline(.seconds(10), thread: "test") { 7 } == 7)
    }

    @Test func leavesBehindWhatHangs() {
        let answer = withDeadline(.milliseconds(20), thread: "test") { () -> Int in
            Pause.wait(.seconds(2))
            return 7
        }
        #expect(answer == nil)
    }
}
