import Model
import Testing

@Suite struct ContentRulesTests {
    private func path(_ text: String) -> RelativePath {
        RelativePath(text.split(separator: "/").map { Name(String($0)) })
    }

    private func rules(_ matches: [ContentType: [String]]) throws -> ContentRules {
        var configuration = ContentConfiguration()
        for (type, texts) in matches {
            configuration[type].match = try texts.map { try ContentPattern($0) }
        }
        return ContentRules(configuration)
    }

    @Test(
        arguments: [
            ("films/a.mkv", 5, .media, .fileExtension), ("A.MKV", 5, .media, .fileExtension),
            ("a.jpg", 5, .thumbnail, .fileExtension), ("a.jpg", 1 << 20, .media, .fileExtension),
            ("@eaDir/a.mkv", 5, .thumbnail, .folder), (".Thumbnails/x", 5, .thumbnail, .folder),
            (".thumbnails/x", 1 << 20, .media, .folder),
            (".thumbnails/below/x", 5, .userData, .nothing),
            (".bashrc", 5, .config, .leadingDot), (".mkv", 5, .config, .leadingDot),
            (".a.mkv", 5, .media, .fileExtension), ("x.properties", 5, .config, .fileExtension),
            ("x.propertiesx", 5, .userData, .nothing), ("a.", 5, .userData, .nothing),
            ("Makefile", 5, .userData, .nothing), ("a.mkv.part", 5, .userData, .nothing),
            ("", 5, .userData, .nothing),
        ] as [(String, Int64, ContentType, ContentFinding.Reason)])
    func theBuiltInTableGoesByFolderExtensionAndDot(
        text: String, size: Int64, type: ContentType, reason: ContentFinding.Reason
    ) {
        #expect(
            ContentRules.usual.finding(of: path(text), size: size)
                == ContentFinding(type: type, reason: reason))
    }

    @Test(arguments: [
        ("*.xyz", ["a.xyz", "d/e/A.XYZ", "a.b.xyz"], ["xyz", ".xyz", "a.xyzz", "a.xyz/b"]),
        ("IMG_????.jp*g", ["IMG_1234.jpg", "d/img_1234.JPEG"], ["IMG_123.jpg", "IMG_12345.jpg"]),
        ("f?r", ["für", "d/for"], ["fr", "foor"]),
        ("/exact/path", ["exact/path", "Exact/Path"], ["x/exact/path", "exact/path/x", "path"]),
        ("/top.*", ["top.x"], ["d/top.x"]),
        ("Photos/**/*.jpg", ["Photos/a.jpg", "Photos/b/c/a.jpg"], ["a.jpg", "x/Photos/a.jpg"]),
        ("Photos/**", ["Photos/a", "Photos/b/c"], ["Photos", "Photo/a"]),
        ("**/raw/**/*.x", ["raw/a.x", "b/raw/c/raw/d.x"], ["b/rawr/c.x", "raw/a.y"]),
        ("a/*/c", ["a/b/c"], ["a/c", "a/b/b/c"]),
        ("**/a/b/*/a/b", ["a/b/a/b/x/a/b", "a/b/x/a/b"], ["a/b/x/a/c", "a/b/a/b"]),
        ("[1080p] *", ["d/[1080p] film"], ["1 film"]),
        ("*a*b*c", ["abc", "xaybxbzc"], ["abcd", "acb"]),
    ])
    func patternsAreHeldAgainstNamesOrWholePaths(
        pattern: String, matching: [String], others: [String]
    ) throws {
        let rules = try rules([.config: [pattern]])
        for text in matching {
            #expect(
                rules.finding(of: path(text), size: 5)
                    == ContentFinding(type: .config, reason: .pattern(pattern)), "\(text)")
        }
        for text in others {
            let reason = rules.finding(of: path(text), size: 5).reason
            #expect(reason != .pattern(pattern), "\(text)")
        }
    }

    @Test func whatIsMoreExactWins() throws {
        let rules = try rules([
            .thumbnail: ["*.jpg", "Photos/a/**"], .media: ["IMG_*", "Photos/**/*.jpg"],
            .metadata: ["/Photos/a/cover.jpg"], .config: ["*.JPG?", "*.mkv"],
        ])
        let expected: [(String, ContentType)] = [
            // Any size: who says so means it.
            ("x.jpg", .thumbnail), ("IMG_1.jpg", .media), ("Photos/b/c.jpg", .media),
            ("Photos/a/b.jpg", .media), ("Photos/a/b.png", .thumbnail),
            ("Photos/a/cover.jpg", .metadata), ("x.jpgs", .config), ("film.mkv", .config),
            ("@eaDir/film.mkv", .config),
        ]
        for (text, type) in expected {
            #expect(rules.type(of: path(text), size: 5 << 20) == type, "\(text)")
        }
        // Of two that are as exact: the type that comes first.
        let even = try self.rules([.userData: ["a?c"], .media: ["?bc"], .config: ["ab?"]])
        #expect(even.type(of: path("abc"), size: 5) == .media)
    }

    @Test(arguments: ["", "/", "a/", "a//b", "../a", "a/./b", "\0"])
    func whatIsNoPatternIsRefused(text: String) {
        #expect(throws: ContentPattern.Problem.self) { try ContentPattern(text) }
    }

    @Test func aLongPatternTakesNoLongTime() throws {
        let pattern = try ContentPattern(String(repeating: "*a", count: 120) + "b")
        #expect(!pattern.matches(Name(String(repeating: "a", count: 255)), in: []))
        let deep = try ContentPattern(String(repeating: "**/a/", count: 120) + "b")
        #expect(!deep.matches("c", in: Array(repeating: "a", count: 1000)[...]))
    }

    @Test func settingsAreByType() {
        var configuration = ContentConfiguration()
        configuration[.media].chunkSize = .mebibytes(4)
        configuration[.media].compression = .off
        configuration[.config].compression = .on
        let rules = ContentRules(configuration)
        #expect(rules.chunkSize(of: .media) == 4 << 20)
        #expect(rules.chunkSize(of: .userData) == 512 << 10)
        #expect(rules.compression(of: .media) == .never)
        #expect(rules.compression(of: .config) == .always)
        #expect(ContentRules.usual.compression(of: .media) == .probe)
        #expect(ContentRules.usual.compression(of: .config) == .never)
        #expect(ContentRules.usual.compression(of: .userData) == .whileItPays)
    }
}
