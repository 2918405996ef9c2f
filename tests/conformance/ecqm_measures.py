"""Three published CMS measures (performance year 2025) in the formula language.

Names are those of the shared test decks; what each clause says is in the specifications CMS122v13,
CMS165v13 and CMS130v13 (eCQI resource center).
"""

HOSPICE = """
define hospice_stay:
  ("enc.encounter_inpatient > discharge_to_home_for_hospice_care_procedure"
   or "enc.encounter_inpatient > discharge_to_healthcare_facility_for_hospice_care_procedure")
  ends during period
define hospice:
  exists(hospice_stay or ("enc.hospice_encounter" or "dx.hospice_diagnosis"
    or "proc.hospice_care_ambulatory" or "order.hospice_care_ambulatory"
    or "dx.hospice_care_ambulatory"
    or "obs.hospice_care_assessment = yes_qualifier_value") overlaps period)
"""

PALLIATIVE = """
define palliative:
  exists(("dx.palliative_care_diagnosis" or "enc.palliative_care_diagnosis"
   or "enc.palliative_care_encounter" or "dx.palliative_care_encounter"
   or "proc.palliative_care_intervention"
   or "obs.palliative_care_questionnaire = yes_qualifier_value") overlaps period)
"""

FRAILTY = """
define nursing_home:
  age >= 66 and exists(
    ("obs.housing_status" on or before period.end on latest day)
    on same day as "obs.housing_status = lives_in_nursing_home_finding")
define frailty:
  exists(("device.frailty_device" or "obs.medical_equipment_used = frailty_device"
    or "dx.frailty_diagnosis" or "enc.frailty_encounter" or "obs.frailty_symptom")
    overlaps period)
define advanced_illness:
  exists("dx.advanced_illness" starts during [period.start - 1 year, period.end]
    or "med.dementia_medications" overlaps [period.start - 1 year, period.end])
"""

VISITS = (
    "enc.office_visit",
    "enc.annual_wellness_visit",
    "enc.preventive_care_services_established_office_visit_18_and_up",
    "enc.preventive_care_services_initial_office_visit_18_and_up",
    "enc.home_healthcare_services",
    "enc.telephone_visits",
)


def visit(*more: str) -> str:
    """The definition of a qualifying encounter in the period."""
    names = " or ".join(f'"{name}"' for name in (*VISITS, *more))
    return f"\ndefine visit: exists(({names}) during period)\n"


CMS122 = (
    HOSPICE
    + PALLIATIVE
    + FRAILTY
    + visit("enc.nutrition_services")
    + """
define result:
  ("obs.hba1c_laboratory_test" or "obs.glucose_management_indicator") during period on latest day
initial population:
  age between 18 and 75 and visit and exists("dx.diabetes" overlaps period)
denominator exclusion:
  hospice or palliative or nursing_home or (age >= 66 and frailty and advanced_illness)
numerator:
  not exists(result) or min(result) is missing or min(result) > 9
"""
)

CMS165 = (
    HOSPICE
    + PALLIATIVE
    + FRAILTY
    + visit("enc.virtual_encounter")
    + """
define acute_care:
  "enc.encounter_inpatient" or "enc.emergency_department_evaluation_and_management_visit"
define systolic:
  ("obs.systolic_blood_pressure" during period) not on same day as acute_care
define diastolic:
  ("obs.diastolic_blood_pressure" during period) not on same day as acute_care
define latest_systolic: systolic on same day as diastolic on latest day
define latest_diastolic: diastolic on same day as systolic on latest day
initial population:
  age between 18 and 85 and visit and exists("dx.essential_hypertension"
    overlaps [period.start, period.start + 6 months - 1 day])
denominator exclusion:
  exists(("dx.pregnancy" or "dx.end_stage_renal_disease" or "dx.chronic_kidney_disease_stage_5"
      or "dx.kidney_transplant_recipient") overlaps period)
  or exists(("proc.kidney_transplant" or "proc.dialysis_services" or "enc.dialysis_services"
      or "enc.esrd_monthly_outpatient_services") on or before period.end)
  or hospice or palliative or nursing_home
  or (age between 66 and 80 and frailty and advanced_illness) or (age >= 81 and frailty)
numerator:
  min(latest_systolic) < 140 and min(latest_diastolic) < 90
"""
)

CMS130 = (
    HOSPICE
    + PALLIATIVE
    + FRAILTY
    + visit("enc.virtual_encounter")
    + """
initial population: age between 46 and 75 and visit
denominator exclusion:
  exists(("dx.malignant_neoplasm_of_colon" or "proc.total_colectomy") on or before period.end)
  or hospice or palliative or nursing_home
  or (age >= 66 and frailty and advanced_illness)
numerator:
  exists("obs.fecal_occult_blood_test_fobt with value" during period
    or "obs.sdna_fit_test with value" during [period.start - 2 years, period.end]
    or ("proc.flexible_sigmoidoscopy" or "obs.ct_colonography")
      ends during [period.start - 4 years, period.end]
    or "proc.colonoscopy" ends during [period.start - 9 years, period.end])
stratum "46-49": age < 50
stratum "50-75": age >= 50
"""
)


def lines(text: str) -> list[str]:
    """One string per line of the formula; a line goes on where the next one is indented."""
    found: list[str] = []
    for line in text.strip().splitlines():
        if line.startswith(" "):
            found[-1] += " " + line.strip()
        elif line:
            found.append(line)
    return found
