import Control
import Model
import Platform
import TestSupport
import Testing

@testable import larder

@Suite struct DoctorReportTests {
    private let report = DoctorReport(
        machine: [Finding(.fuseDevice, .ok, "/dev/fuse", "opens")],
        views: [
            .init(
                view: "/v", share: "/s",
                findings: [
                    Finding(
                        .cacheSpace, .warning, "/c", "little", advice: "make room",
                        figures: ["limitBytes": 2])
                ])
        ])

    /// Frozen: fields are added, never renamed, never given another meaning.
    @Test func looksAsDocumented() throws {
        let text = String(decoding: try WireFormat.encode(report), as: UTF8.self)
        #expect(
            text == """
                {"machine":[{"check":"fuseDevice","level":"ok","path":"/dev/fuse","says":"opens"}],\
                "program":"\(Version.text)","version":1,"views":[{"findings":[{"advice":"make \
                room","check":"cacheSpace","figures":{"limitBytes":2},"level":"warning","path":"/c",\
                "says":"little"}],"share":"/s","view":"/v"}],"worst":"warning"}
                """)
    }

    @Test func theSchemaKnowsEveryWord() throws {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let schema = String(
            decoding: try FileContents.read("/\(root)/docs/DOCTOR_SCHEMA.md"), as: UTF8.self)
        for check in Finding.Check.allCases {
            #expect(schema.contains("| `\(check.rawValue)` |"), "\(check)")
        }
        for level in Finding.Level.allCases {
            #expect(schema.contains("| `\(level.rawValue)` |"), "\(level)")
        }
        var measured = DoctorExaminationTests.view
        measured.measurement = .done(
            .measured(
                ShareMeasurement(
                    roundTripMilliseconds: 1, singleBytesPerSecond: 1, bytesPerSecond: 1, lanes: 1))
        )
        let findings = DoctorReport(machine: DoctorExaminationTests.machine, views: [measured]).all
        let figures = Set(findings.flatMap { $0.figures?.keys.map { $0 } ?? [] })
        #expect(figures.contains("singleBytesPerSecond"))
        for figure in figures { #expect(schema.contains("`\(figure)`"), "\(figure)") }
    }

    @Test func textIsAlignedAndHarmless() {
        var hostile = report
        hostile.views[0].view = "/v\u{1B}[31m\n"
        let text = DoctorText(colours: false).render(hostile)
        #expect(!text.contains("\u{1B}"))
        #expect(text.contains("/v?[31m?  of  /s"))
        #expect(text.contains("  warning  /c: little\n           -> make room"))
        #expect(text.contains("  ok       /dev/fuse: opens"))
        #expect(text.hasSuffix("no problem, 1 warning"))
        #expect(DoctorText(colours: true).render(report).contains("\u{1B}[32mok"))
    }
}
