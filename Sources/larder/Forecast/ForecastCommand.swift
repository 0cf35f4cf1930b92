import Control
import Model

/// `larder forecast [VIEW]` and `larder warm --plan [VIEW]`.
struct ForecastCommand {
    var request: ForecastRequest
    var client = ControlClient()

    func run() throws(CommandError) -> ExitCode {
        let views = try ViewLocator.current().views(request.view)
        guard !views.isEmpty else { throw CommandError(.nothingToDo, "no view is mounted") }
        var found: [Listed] = []
        for view in views {
            let question: ControlRequest =
                request.isPlan ? .warmPlan : .forecast(hours: request.hours)
            let report = try view.ask(question, client) { response in
                if case .forecast(let report) = response { report } else { nil }
            }
            found.append(Listed(view: view.path, forecast: report))
        }
        if request.json {
            try Terminal.out(json: Answer(views: found), of: "the forecast")
        } else {
            let text = ForecastText(colours: Terminal.outHasColours)
            Terminal.out(
                found.map {
                    request.isPlan
                        ? text.plan($0.forecast, view: $0.view)
                        : text.forecast($0.forecast, hours: request.hours, view: $0.view)
                }.joined(separator: "\n\n"))
        }
        return found.contains { !$0.forecast.items.isEmpty } ? .ok : .nothingToDo
    }

    private struct Listed: Encodable {
        var view: String
        var forecast: ForecastReport
    }

    private struct Answer: Encodable {
        var version = 1
        var views: [Listed]
    }
}
