"""What others ask of a training run, and how they score what is told."""


def test_every_company_is_scored_once_on_every_indicator(evidence):
    scores = evidence["fmti_scores"]
    asked = scores.pivot(index="company", columns="indicator", values="score")
    assert asked.shape == (13, 10) and asked.notna().all(axis=None)


def test_a_company_has_one_model_and_ids_say_the_row(evidence):
    scores = evidence["fmti_scores"]
    assert (scores.groupby("company").model.nunique() == 1).all()
    company = scores.company.str.lower().str.replace(" ", "_")
    assert (scores.id == company + "." + scores.indicator).all()


def test_points_of_the_table_of_the_index(evidence):
    points = evidence["fmti_scores"].groupby("company").score.sum()
    told = {"IBM": 10, "Writer": 10, "DeepSeek": 4, "AI21 Labs": 2, "Meta": 2}
    told |= dict.fromkeys(["Alibaba", "Amazon", "Google", "xAI"], 1)
    assert points[points > 0].to_dict() == told


def test_the_form_of_the_index_asks_what_it_scores(evidence):
    forms, scores = evidence["disclosure_forms"], evidence["fmti_scores"]
    asked = set(forms.id[forms.form == "fmti"])
    assert asked == {f"fmti.{indicator}" for indicator in scores.indicator}


def test_what_was_not_opened_says_so(evidence):
    forms = evidence["disclosure_forms"]
    secondary = forms[forms.confidence == "read_via_secondary"]
    assert (secondary.note != "").all() and set(secondary.form) == {"eu"}
