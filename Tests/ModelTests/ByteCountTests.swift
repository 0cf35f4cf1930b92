import Model
import Testing

@Suite struct ByteCountTests {
    @Test(arguments: [
        ("0", 0), ("4096", 4096), ("512M", 512 << 20), ("5GiB", 5 << 30), ("100MB", 100_000_000),
        ("1.5k", 1536), ("2tib", 2 << 40), ("7b", 7),
    ])
    func readsSizesAsPeopleWriteThem(text: String, bytes: Int64) {
        #expect(ByteCount(parsing: text)?.bytes == bytes)
    }

    @Test(arguments: ["", "M", "-1", "12X", "5GiBs", "1e400", "9000P0", "99999999P", "1 G", "nan"])
    func refusesWhatIsNoSize(text: String) {
        #expect(ByteCount(parsing: text) == nil)
    }

    @Test(arguments: [
        (0, "0 B"), (1023, "1023 B"), (1024, "1.00 KiB"), (1536, "1.50 KiB"), (5 << 30, "5.00 GiB"),
        (1 << 20, "1.00 MiB"), ((1 << 20) - 1, "1.00 MiB"), (123 << 20, "123 MiB"),
    ])
    func printsThreeDigits(bytes: Int64, text: String) {
        #expect(ByteCount(bytes).description == text)
    }

    @Test(arguments: [
        (0, "0"), (1, "1"), (512 << 20, "512M"), (5 << 30, "5G"), (20_000_000, "20MB"),
        (1536 << 20, "1536M"), (1000, "1KB"), (1023, "1023"), (1 << 40, "1T"),
    ])
    func exactTextsAreShort(bytes: Int, text: String) {
        #expect(ByteCount(Int64(bytes)).exactText == text)
        #expect(ByteCount(parsing: text) == ByteCount(Int64(bytes)))
    }
}
