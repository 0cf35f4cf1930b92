import Model
import Testing

@testable import Share

/// What is kept open that nobody has open, by hand.
@Suite struct DescriptorKeepingTests {
    @Test func filesAreKeptForAMomentAndTheLatestOnly() {
        let now = Duration.seconds(100)
        #expect(DescriptorKeeping.surplus(of: [(file: Int, usedAt: Duration)](), at: now) == [])
        let some = [(file: 1, usedAt: now), (2, now - .milliseconds(999)), (3, now - .seconds(1))]
        #expect(DescriptorKeeping.surplus(of: some, at: now) == [3])
        let many = (0..<40).map { (file: $0, usedAt: now - .milliseconds(10 * $0)) }.shuffled()
        #expect(DescriptorKeeping.surplus(of: many, at: now) == Array(32..<40))
    }

    @Test func foldersAreKeptForLongerButFew() {
        func isSurplus(_ idle: Duration, of count: Int) -> Bool {
            DescriptorKeeping.isSurplus(
                folderUsedAt: .seconds(50), of: count, at: .seconds(50) + idle)
        }
        #expect(!isSurplus(.milliseconds(999), of: 1000) && isSurplus(.seconds(1), of: 33))
        #expect(!isSurplus(.milliseconds(9999), of: 32) && isSurplus(.seconds(10), of: 1))
    }

    @Test func aPathIsOpenUntilTheLastOfItsDescriptorsIsClosed() {
        let paths = OpenPaths()
        let (file, other) = (RelativePath([Name("a"), Name("b")]), RelativePath([Name("a")]))
        var marks = [paths.mark(file), paths.mark(file)]
        #expect(paths.isOpen(file) && !paths.isOpen(other))
        marks.removeLast()
        #expect(paths.isOpen(file))
        marks.removeLast()
        #expect(!paths.isOpen(file))
    }
}
