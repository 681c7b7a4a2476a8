"""The errors of an import are read by the people who filled in the file, in their language and by its headers."""

from services.gateway.features.jobs.answer import row_error_from_owner, write_errors
from services.gateway.http.language import speaking
from shared.contracts.jobs import RowError
from shared.contracts.reasons import Reason
from shared.words import Wording

ERROR = RowError(id="e_3", row=3, sheet="", column="电话", problem=Reason(code="phone_number", args={}))
WHOLE_ROW = RowError(id="e_4", row=4, sheet="", column="", problem=Reason(code="coordinates_nowhere", args={}))


def test_the_sentence_names_the_column_as_the_file_does() -> None:
    with speaking(Wording("zh")):
        assert row_error_from_owner(ERROR).problem.text.startswith("电话")
        assert "电话 请填手机号" in write_errors([ERROR], head=False)


def test_an_error_of_a_whole_row_names_no_column() -> None:
    assert row_error_from_owner(WHOLE_ROW).problem.args == {}


def test_the_header_of_the_file_of_errors_is_in_the_language_of_the_reader() -> None:
    with speaking(Wording("zh")):
        assert write_errors([], head=True).splitlines() == ["行,工作表,列,代码,说明"]
    with speaking(Wording("en")):
        assert write_errors([], head=True).splitlines() == ["row,sheet,column,code,text"]
